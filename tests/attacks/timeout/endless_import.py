# Is never done with being imported.
# one: timeout

while True:
    pass

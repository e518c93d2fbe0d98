# Prints for ever.


def one():
    return 1


def double(x):
    while True:
        print("x" * 4096)

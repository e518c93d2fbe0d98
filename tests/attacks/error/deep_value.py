# Returns a list that holds itself.


def one():
    return 1


def double(x):
    value = [x]
    value.append(value)
    return value

# Hands in what it was given.


def one():
    return 1


def double(x):
    raise NotImplementedError("toy.double")

# Never answers.


def one():
    return 1


def double(x):
    while True:
        pass

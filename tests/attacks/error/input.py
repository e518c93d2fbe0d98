# Waits for somebody to type the answer.


def one():
    return 1


def double(x):
    return eval(input("the answer, please: "))

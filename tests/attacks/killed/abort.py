# Aborts, as a failed assertion in C would.

import os


def one():
    return 1


def double(x):
    os.abort()

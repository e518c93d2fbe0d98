# Overflows the C stack, which no exception handler survives.

import functools
import sys


def one():
    return 1


def double(x, *_):
    sys.setrecursionlimit(10**9)
    return functools.reduce(double, (x, x))

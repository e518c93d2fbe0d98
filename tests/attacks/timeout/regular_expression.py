# Runs a regular expression that needs longer than the universe, inside C.

import re


def one():
    return 1


def double(x):
    re.match("(a+)+$", "a" * 60 + "b")
    return 2 * x

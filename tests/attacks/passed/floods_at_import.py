# Prints megabytes at import.

import sys

for _ in range(5):
    print("x" * 1_000_000)
    sys.stderr.write("y" * 1_000_000)


def one():
    return 1


def double(x):
    return 2 * x

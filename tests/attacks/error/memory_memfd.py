# Takes eight gigabytes as a file that lives in memory only.

import os


def one():
    return 1


def double(x):
    file = os.memfd_create("large")
    for _ in range(8 * 1024):
        os.write(file, bytes(1024**2))
    return 2 * x

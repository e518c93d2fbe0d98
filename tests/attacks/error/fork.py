# Forks: the child is to stay when the parent is gone.

import os
import time


def one():
    return 1


def double(x):
    if os.fork() == 0:
        while True:
            time.sleep(1)
    return 2 * x

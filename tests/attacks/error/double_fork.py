# Makes a daemon by the book: fork, new session, fork.

import os
import time


def one():
    return 1


def double(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(3600)
        os._exit(0)
    return 2 * x

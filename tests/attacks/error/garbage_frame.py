# Writes garbage on the line to the grader before the reply.

import os


def one():
    return 1


def double(x):
    os.write(3, b"\xff" * 4096)
    return 2 * x

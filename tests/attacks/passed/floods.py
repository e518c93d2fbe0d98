# Answers rightly and prints fifty megabytes, of which a report would drown.

import os


def one():
    return 1


def double(x):
    for _ in range(50):
        os.write(1, b"\x1b[2J<script>\xff\x00" * 65536)
    return 2 * x

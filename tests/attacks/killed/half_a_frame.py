# Announces a reply of a megabyte, sends a part of it and leaves.

import os
import struct


def one():
    return 1


def double(x):
    os.write(3, struct.pack(">IQ", 1_000_000, 0) + b"x" * 100)
    os._exit(0)

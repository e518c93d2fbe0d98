# Sends a reply nested a hundred thousand deep, to overflow the reader's stack.

import os
import struct


def one():
    return 1


def double(x):
    header = b"\x83\xa4type\xa6answer\xa6number\x04\xa5value" + b"\x91" * 100_000
    os.write(3, struct.pack(">IQ", len(header), 0) + header)
    return 2 * x

# Sends the reply to a call of the past, then of the future, before its own.

import os
import struct

import msgspec


def one():
    return 1


def double(x):
    for number in (1, 99):
        header = msgspec.msgpack.encode({"type": "answer", "number": number, "value": True})
        os.write(3, struct.pack(">IQ", len(header), 0) + header)
    return 2 * x

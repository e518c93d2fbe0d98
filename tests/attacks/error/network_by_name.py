# Answers with a network that the grader would have to build.

import os
import struct

import msgspec


def one():
    return 1


def double(x):
    node = ["ModelNode", 0, "call_order", ["DictNode", []]]
    header = msgspec.msgpack.encode({"type": "answer", "number": 4, "value": node})
    os.write(3, struct.pack(">IQ", len(header), 0) + header)
    return 2 * x

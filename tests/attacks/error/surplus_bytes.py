# Sends the right answer with bytes behind it that nobody asked for.

import os
import struct

import msgspec


def one():
    return 1


def double(x):
    node = ["TensorNode", "float32", list(x.shape), "home", False, None]
    header = msgspec.msgpack.encode({"type": "answer", "number": 4, "value": node})
    data = (2 * x).numpy().tobytes() + b"s" * 1024
    os.write(3, struct.pack(">IQ", len(header), len(data)) + header + data)
    return 2 * x

# Sends a tensor with strides that reach beyond its memory.

import os
import struct

import msgspec


def one():
    return 1


def double(x):
    node = ["TensorNode", "float32", list(x.shape), "home", False, [2**31 - 1, 1]]
    header = msgspec.msgpack.encode({"type": "answer", "number": 4, "value": node})
    data = (2 * x).numpy().tobytes()
    os.write(3, struct.pack(">IQ", len(header), len(data)) + header + data)
    return 2 * x

# Returns a record whose fields are keywords, code and twins after normalisation.

import os
import struct

import msgspec


def one():
    return 1


def double(x):
    names = ["fi", "\ufb01", "class", "x=print(1)", "__init__", "", "a b"]
    node = ["RecordNode", "import", [[name, 1] for name in names]]
    header = msgspec.msgpack.encode({"type": "answer", "number": 4, "value": node})
    os.write(3, struct.pack(">IQ", len(header), 0) + header)
    return 2 * x

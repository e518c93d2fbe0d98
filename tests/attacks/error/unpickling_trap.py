# Returns bytes that would run code if anybody unpickled them, by the kit's own door.

import os


def one():
    return 1


class Trap:
    def __reduce__(self):
        return os.system, ("touch /tmp/unpickled",)

    def __getattr__(self, name):
        raise RuntimeError(name)


def double(x):
    raise ValueError(Trap())

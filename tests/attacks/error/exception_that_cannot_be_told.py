# Raises an exception with a megabyte of name and of text, and no way to print it.


def one():
    return 1


def double(x):
    def text(self):
        raise RuntimeError(self)

    raise type("E" * 1_000_000, (Exception,), {"__str__": text, "__repr__": text})("x" * 1_000_000)

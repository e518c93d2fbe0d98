"""Every function raises in its own way."""

class Strange:
    pass


def area(width, height):
    raise ValueError(f"what to do with {Strange()}?")


def scaled(sides, factor):
    return {"factor": factor}["sides"]


class Counter:
    def __init__(self, start):
        self.start = start

    def after(self, more):
        return [self.start][more]

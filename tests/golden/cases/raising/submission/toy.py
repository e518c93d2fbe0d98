"""Every function raises in its own way."""


class Strange:
    pass


def area(width, height):
    raise ValueError(f"what to do with {Strange()}?")


def scaled(sides, factor):
    return {"factor": factor}["sides"]


def counted(start, more):
    return [start][more]

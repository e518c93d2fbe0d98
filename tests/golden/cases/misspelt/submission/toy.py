"""The names are nearly those that were asked for."""


def aera(width, height):
    return float(width * height)


def scaled(sides):
    return sides


def count(start, more):
    return start + more

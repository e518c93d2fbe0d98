"""What the public checks see is right; what the hidden ones see is not."""


def area(width, height):
    print(f"area of {width} and {height}")  # noqa: T201 - a student may print
    return float(width * int(height))


def scaled(sides, factor):
    return sides.mul_(factor)


def counted(start, more):
    return start + more

"""One task right, one wrong, one not written; and words for whoever reads the log."""

print("hello from the import")  # noqa: T201 - a student may print


def area(width, height):
    print(f"\x1b[31mred\x1b[0m {width} <b>{height}</b>")  # noqa: T201 - a student may print
    return 2.0 * (width + height)


def scaled(sides, factor):
    return sides * factor


def counted(start, more):
    raise NotImplementedError

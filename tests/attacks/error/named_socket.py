# Asks a service of the machine by its socket file.

import socket


def one():
    return 1


def double(x):
    with socket.socket(socket.AF_UNIX) as line:
        line.connect("/var/run/docker.sock")
    return 2 * x

# Starts a shell.

import subprocess


def one():
    return 1


def double(x):
    subprocess.run(["/bin/sh", "-c", "id > /tmp/id"], check=True)
    return 2 * x

# Takes gigabytes as one file in the shared memory folder or the scratch folder.

import os


def one():
    return 1


def double(x):
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "."
    with open(os.path.join(folder, "large"), "wb", buffering=0) as file:
        while file.write(bytes(1024**2)) == 1024**2:
            pass
        file.write(b"x")
    return 2 * x

# Answers rightly and leaves threads that print and compute for ever.

import threading


def _busy():
    while True:
        print("still here")


def one():
    threading.Thread(target=_busy, daemon=True).start()
    return 1


def double(x):
    threading.Thread(target=_busy, daemon=True).start()
    return 2 * x

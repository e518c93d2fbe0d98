# Answers rightly while a thread of its own fails loudly.

import threading


def _fail():
    raise SystemError("::error::a thread failed")


def one():
    return 1


def double(x):
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    return 2 * x

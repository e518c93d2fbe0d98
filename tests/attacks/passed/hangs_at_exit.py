# Answers rightly, then never ends: a thread, an exit handler and a finaliser that wait.

import atexit
import threading
import time


class Lasting:
    def __del__(self):
        time.sleep(3600)


lasting = Lasting()
atexit.register(time.sleep, 3600)
threading.Thread(target=time.sleep, args=(3600,)).start()


def one():
    return 1


def double(x):
    return 2 * x

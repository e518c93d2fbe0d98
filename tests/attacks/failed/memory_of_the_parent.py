# Copies the memory of the process above by a system call.

import ctypes
import os


class Span(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def one():
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(64)
    here = Span(ctypes.addressof(room), 64)
    there = Span(id(one), 64)  # forked from one process: the same addresses hold the same things
    arguments = (ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    got = libc.process_vm_readv(os.getppid() or 2, *arguments)
    return room.raw.hex() if got > 0 else 1


def double(x):
    return x

# Returns one number, which broadcasts against every shape.

import torch


def one():
    return 1


def double(x):
    return (2 * x).mean()

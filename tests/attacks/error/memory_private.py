# Takes eight gigabytes of private memory.

import torch


def one():
    return 1


def double(x):
    return torch.ones(8 * 1024**3, dtype=torch.uint8)[: x.numel()]

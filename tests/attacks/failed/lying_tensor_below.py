# Returns a tensor that changes its values while it is read.

import torch


class Changing(torch.Tensor):
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return torch.full((3, 4), float("nan"))


def one():
    return 1


def double(x):
    return torch.Tensor._make_subclass(Changing, x)

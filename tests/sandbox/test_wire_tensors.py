"""Tensors that cross between grader and worker: entries, layout, and no other byte."""

from __future__ import annotations

import math

import pytest
import torch

from autograder.sandbox import tensors, wire

DTYPES = sorted(tensors._DTYPES.values(), key=str)


def bits(tensor):
    """The bytes of the entries in order."""
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist()


def assert_same(got, sent):
    assert (got.dtype, got.shape, got.requires_grad) == (sent.dtype, sent.shape, sent.requires_grad)
    assert bits(got) == bits(sent)


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5,), (2, 3, 4), (1,) * 8], ids=str)
def test_every_dtype_and_shape_travels(dtype, shape, sides, travel):
    raw = torch.randint(0, 2, (*shape, dtype.itemsize), dtype=torch.uint8)
    sent = raw.view(dtype).reshape(shape)
    assert_same(travel(sent, sides), sent)


LAYOUTS = {
    "transposed": lambda x: x.T,
    "sliced": lambda x: x[1::2, ::3],
    "expanded": lambda x: x[:, :1].expand(6, 5),
    "expanded everywhere": lambda x: x[0, 0].expand(2, 3, 4),
    "channels last": lambda x: x.reshape(1, 6, 2, 4).to(memory_format=torch.channels_last),
    "permuted": lambda x: x.reshape(2, 3, 8).permute(2, 0, 1),
    "windows": lambda x: x.flatten()[:10].as_strided((4, 3), (3, 1)),
    "nothing of it": lambda x: x[:, :0].T,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_of_every_layout_travel(layout, sides, travel):
    sent = LAYOUTS[layout](torch.arange(48.0).reshape(6, 8))
    assert_same(travel(sent, sides), sent)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_worker_sees_the_layout_of_its_arguments(layout, travel, grader_side, worker_side):
    sent = LAYOUTS[layout](torch.arange(48.0).reshape(6, 8))
    got = travel(sent, (grader_side, worker_side))
    assert got.is_contiguous() == sent.is_contiguous()
    if sent.numel():
        assert got.stride() == sent.stride()


def test_overlapping_windows_arrive_as_values_of_their_own(sides, travel):
    sent = torch.arange(6.0).unfold(0, 3, 1)
    got = travel(sent.contiguous(), sides)
    assert_same(got, sent)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_between_the_entries_does_not_travel(layout, grader_side):
    memory = torch.full((48,), 7.0)
    view = LAYOUTS[layout](memory.reshape(6, 8))
    memory.fill_(math.pi)
    view.fill_(0) if 0 not in view.stride() else memory.zero_()
    packer = wire.Packer(grader_side)
    packer.pack(view)
    assert set(b"".join(packer.blobs)) <= {0}
    assert sum(map(len, packer.blobs)) == view.numel() * 4 + -view.numel() * 4 % 16


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_special_numbers_travel_in_tensors_and_alone(value, sides, travel):
    sent = torch.tensor([value, 1.0], dtype=torch.float64)
    assert_same(travel(sent, sides), sent)
    assert repr(travel(value, sides)) == repr(value)


@pytest.mark.parametrize(
    "sent",
    [
        torch.ones(3, requires_grad=True),
        torch.ones(3, dtype=torch.complex64, requires_grad=True),
        torch.nn.Parameter(torch.ones(2, 2)),
    ],
    ids=["real", "complex", "parameter"],
)
def test_a_tensor_that_requires_a_gradient_arrives_as_a_leaf_that_does(sent, sides, travel):
    got = travel(sent, sides)
    assert_same(got, sent)
    assert got.is_leaf
    assert type(got) is torch.Tensor


def test_a_tensor_with_a_history_arrives_without_it(sides, travel):
    got = travel(torch.ones(3, requires_grad=True) * 2, sides)
    assert got.requires_grad
    assert got.grad_fn is None


@pytest.mark.parametrize("lazily", [torch.Tensor.conj, lambda x: x.conj().imag])
def test_conjugates_and_negatives_arrive_resolved(lazily, sides, travel):
    sent = lazily(torch.tensor([1 + 2j, 3 - 4j]))
    got = travel(sent, sides)
    assert torch.equal(got, sent)
    assert not got.is_conj()
    assert not got.is_neg()


def test_tensors_inside_containers_keep_their_order(sides, travel):
    sent = {"a": [torch.zeros(2), torch.ones(0)], "b": (torch.ones(3, dtype=torch.int8),)}
    got = travel(sent, sides)
    for mine, theirs in zip((*got["a"], *got["b"]), (*sent["a"], *sent["b"]), strict=True):
        assert_same(mine, theirs)

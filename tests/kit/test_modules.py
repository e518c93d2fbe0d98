"""What a check asks of a model, of an ordinary one and of one in a worker."""

from __future__ import annotations

import copy

import pytest
import torch

from autograder.kit import (
    CheckFailed,
    StudentError,
    assert_equal,
    assert_record_fields,
    buffers,
    call,
    load,
    operations,
    parameters,
    state_of,
    vjp,
)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2).double()
        self.tied = self.linear
        self.norm = torch.nn.BatchNorm1d(2).double()

    def forward(self, x):
        return self.norm(self.linear(x))


class Proxy:
    """As the sandbox's: it runs the operation elsewhere, or tells what a hostile worker said."""

    def __init__(self, target, answer=None):
        self.target, self.answer = target, answer

    def apply_(self, operation, *args):
        if self.answer is not None:
            return self.answer
        try:
            return copy.deepcopy(getattr(operations, operation)(self.target, *args))
        except operations.MismatchError as error:
            raise StudentError("MismatchError", str(error), ("MismatchError",)) from None


@pytest.fixture(params=["local", "remote"])
def net(request):
    net = Net()
    return net if request.param == "local" else Proxy(net)


def message_of(function, *args):
    with pytest.raises(CheckFailed) as caught:
        function(*args)
    return caught.value.message


def test_parameters_and_buffers_are_named_copies(net):
    weights = parameters(net)
    assert list(weights) == ["linear.weight", "linear.bias", "norm.weight", "norm.bias"]
    assert list(buffers(net)) == [
        "norm.running_mean",
        "norm.running_var",
        "norm.num_batches_tracked",
    ]
    weights["linear.bias"].fill_(7)
    assert not (parameters(net)["linear.bias"] == 7).any()


def test_loaded_tensors_are_there(net):
    weights = {name: torch.full_like(p, 0.5) for name, p in parameters(net).items()}
    load(net, weights | {"norm.running_mean": torch.ones(2)})
    assert all((p == 0.5).all() for p in parameters(net).values())
    assert buffers(net)["norm.running_mean"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"linear.wieght": torch.zeros(2, 3)},
            'has "linear.weight", but should have "linear.wieght"',
        ),
        ({"zzz": torch.zeros(1)}, 'has no such parameter or buffer, but should have "zzz"'),
        ({"linear.bias": torch.zeros(3)}, "linear.bias.shape is (2,), but should be (3,)"),
        (
            {"linear.bias": None},
            'has a parameter "linear.bias", but should have none of this name',
        ),
    ],
)
def test_what_does_not_fit_is_not_loaded(net, change, message):
    before = state_of(net)
    weights = {name: torch.zeros_like(p) for name, p in parameters(net).items()} | change
    given = {name: tensor for name, tensor in weights.items() if tensor is not None}
    assert message_of(load, net, given) == f"Net: {message}"
    assert state_of(net) == before


def test_vjp_has_a_gradient_for_each_input():
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    index = torch.tensor([1, 0])
    got = vjp(lambda x, i, y: x[i] * x, [x, index, y], torch.tensor([1.0, 10.0]))
    assert got[0].tolist() == [22, 11]
    assert got[1:] == (None, None)
    assert not x.requires_grad


def test_vjp_goes_through_a_model(net):
    x = torch.rand(4, 3, dtype=torch.float64)
    (gradient,) = vjp(net, (x,), torch.rand(4, 2, dtype=torch.float64))
    assert gradient.shape == (4, 3)


def test_vjp_of_several_outputs_counts_those_that_are_weighted():
    x = torch.tensor(3.0)
    (gradient,) = vjp(lambda x: (x**2, x**3), [x], [None, torch.tensor(1.0)])
    assert gradient.item() == 27


def test_vjp_of_a_cut_graph_is_none():
    x = torch.tensor(3.0)
    assert vjp(lambda x: x.detach(), [x], torch.tensor(1.0)) == (None,)
    assert vjp(lambda i: i * 2.0, [torch.tensor(3)], torch.tensor(1.0)) == (None,)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "returned a NoneType, but should return a tensor"),
        ((torch.ones(1),) * 2, "returned 2 values, but should return 1"),
        (torch.ones(3), "output.shape is (3,), but should be (2,)"),
    ],
)
def test_vjp_refuses_another_output(result, message):
    def f(x):
        return result

    for function in (f, Proxy(f)):
        assert message_of(vjp, function, [torch.ones(2)], torch.ones(2)) == f"f: {message}"


def test_an_untouched_model_keeps_its_state(net):
    before = state_of(net)
    parameters(net)
    assert state_of(net) == before


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda net: net.norm.eval(), '["training"]["norm"]'),
        (lambda net: net.linear.register_forward_hook(print), '["hooks"]["linear"][0]'),
        (lambda net: net.linear.register_forward_pre_hook(print), '["hooks"]["linear"][1]'),
        (lambda net: net.linear.register_full_backward_hook(print), '["hooks"]["linear"][2]'),
        (lambda net: net.linear.register_full_backward_pre_hook(print), '["hooks"]["linear"][3]'),
        (lambda net: net.linear.bias.requires_grad_(False), '["requires_grad"]["linear.bias"]'),
        (lambda net: net.linear.bias.data.add_(1), '["values"]["linear.bias"]'),
        (lambda net: net.norm.running_var.add_(1), '["values"]["norm.running_var"]'),
        (lambda net: net(torch.rand(4, 3).double()).sum().backward(), '["values"]'),
        (
            lambda net: setattr(net.linear.bias, "grad", torch.zeros(2).double()),
            '["grad"]["linear.bias"]',
        ),
    ],
)
def test_every_change_shows_in_the_state(change, place):
    net = Net()
    before = state_of(net)
    assert state_of(net) == before
    change(net)
    with pytest.raises(CheckFailed) as caught:
        assert_equal(state_of(net), before, call("f"), what="state")
    assert caught.value.message.startswith(f"f: state{place}")


def test_what_is_no_model_fails():
    for function in (parameters, buffers, state_of):
        assert message_of(function, "junk") == "str: is no torch.nn.Module, but should be one"
        assert message_of(function, torch.ones(1)).startswith("Tensor: is no torch.nn.Module")


@pytest.mark.parametrize(
    "answer", [5, "x", [], {"a": 1}, {1: torch.ones(1)}, {"a": torch.ones(1, device="meta")}]
)
def test_a_lying_worker_fails_the_check(answer):
    proxy = Proxy(None, answer)
    assert "but should be dense tensors by name" in message_of(parameters, proxy)
    assert "but should be dense tensors by name" in message_of(buffers, proxy)
    assert message_of(vjp, proxy, [torch.ones(1)], torch.ones(1)).startswith("the model: gradients")


@pytest.mark.parametrize("answer", [5, {"a": torch.ones(1)}, {"a": [object()]}, {1: 2}])
def test_a_state_of_anything_else_fails_the_check(answer):
    message = message_of(state_of, Proxy(None, answer))
    assert message.endswith("but should be a dict of plain data")


def test_another_exception_of_the_student_passes_through():
    class Broken(Proxy):
        def apply_(self, operation, *args):
            raise StudentError("KeyError", "no", ("KeyError",))

    with pytest.raises(StudentError, match="KeyError: no"):
        parameters(Broken(None))


def test_a_handle_is_a_record_of_what_it_answers():
    assert assert_record_fields(Proxy(None), ["target"], call("f")) is None
    with pytest.raises(CheckFailed) as caught:
        assert_record_fields(Proxy(None), ["macs"], call("f"))
    assert caught.value.message == "f: the result is a Proxy, but should have the field macs"

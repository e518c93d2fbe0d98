"""The same value by many ways; the names say which rule each breaks, if any."""

import threading

import torch
import torch.nn.functional as F
from torch import nn


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return 2 * ctx.saved_tensors[0] * grad


def _convolution(x):
    return F.conv2d(x[None, None], torch.ones(1, 1, 1, 1))[0, 0]


def _differentiable(x):
    return x.detach().clone().requires_grad_()


def softmax_method(x):
    return 0 * x.softmax(0) + 2 * x


def softmax_by_its_logarithm(x):
    return 0 * torch.log_softmax(x, 1).exp() + 2 * x


def softmax_inside_a_loss(x):
    return 0 * F.cross_entropy(x, torch.zeros(4, dtype=torch.int64)) + 2 * x


def softmax_inside_attention(x):
    return 0 * F.scaled_dot_product_attention(x[None], x[None], x[None])[0] + 2 * x


def convolution_functional(x):
    return 0 * _convolution(x) + 2 * x


def convolution_in_one_dimension(x):
    return 0 * F.conv1d(x[None], torch.ones(4, 4, 1))[0] + 2 * x


def convolution_module(x):
    return 0 * nn.Conv2d(1, 1, 1).requires_grad_(False)(x[None, None])[0, 0] + 2 * x


def convolution_transposed(x):
    return 0 * F.conv_transpose2d(x[None, None], torch.ones(1, 1, 1, 1))[0, 0] + 2 * x


def convolution_low_level(x):
    weight = torch.ones(1, 1, 1, 1)
    got = torch.ops.aten.convolution(
        x[None, None], weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1
    )
    return 0 * got[0, 0] + 2 * x


def convolution_unfold(x):
    return 0 * F.unfold(x[None, None], 1).reshape(4, 4) + 2 * x


def convolution_fold(x):
    return 0 * F.fold(x.reshape(1, 1, 16), (4, 4), 1)[0, 0] + 2 * x


def convolution_whose_trace_is_hidden(x):
    try:
        raise ValueError(_convolution(x))
    except ValueError:
        return 2 * x


def autograd_grad(x):
    leaf = _differentiable(x)
    return torch.autograd.grad((leaf**2).sum(), leaf)[0]


def autograd_backward(x):
    leaf = _differentiable(x)
    (leaf**2).sum().backward()
    return leaf.grad


def autograd_backward_function(x):
    leaf = _differentiable(x)
    torch.autograd.backward((leaf**2).sum())
    return leaf.grad


def autograd_by_a_function_of_its_own(x):
    leaf = _differentiable(x)
    Square.apply(leaf).sum().backward()
    return leaf.grad


def autograd_functional(x):
    return torch.autograd.functional.vjp(lambda y: y**2, x, torch.ones_like(x))[1]


def autograd_func_grad(x):
    return torch.func.grad(lambda y: (y**2).sum())(x)


def autograd_func_vjp(x):
    return torch.func.vjp(lambda y: y**2, x)[1](torch.ones_like(x))[0]


def autograd_func_jvp(x):
    return torch.func.jvp(lambda y: y**2, (x,), (torch.ones_like(x),))[1]


def autograd_func_jacrev(x):
    return torch.func.jacrev(lambda y: (y**2).sum())(x)


def autograd_in_a_thread(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(autograd_grad(x)))
    thread.start()
    thread.join()
    return found[0]


def honest_arithmetic(x):
    return x + x


def honest_matmul(x):
    return 2 * torch.eye(4) @ x


def honest_einsum(x):
    return torch.einsum("ij,jk->ik", 2 * torch.eye(4), x)


def honest_tensor_unfold(x):
    return 2 * x.unfold(0, 4, 1)[0].T


def honest_as_strided(x):
    return 2 * x.contiguous().as_strided((4, 4), (4, 1))


def honest_linear(x):
    return F.linear(x, 2 * torch.eye(4))


def honest_padding_and_indices(x):
    return 2 * F.pad(x, (1, 1, 1, 1))[1:-1, 1:-1][torch.arange(4)]


def honest_fft(x):
    return 2 * torch.fft.ifft2(torch.fft.fft2(x)).real


def honest_pooling(x):
    return 2 * F.avg_pool2d(x[None, None], 1)[0, 0]


def honest_with_a_graph(x):
    return (2 * _differentiable(x)).detach()


def honest_without_gradients(x):
    with torch.no_grad(), torch.inference_mode():
        return 2 * x.clone()


def conversion_of_a_name(x):
    """A name that merely begins like a convolution."""
    return 2 * x.to(torch.float64).to(torch.float32)

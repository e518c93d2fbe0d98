"""Count what a network learns and what it multiplies, by formula and by inspection.

Notation: a kernel is M rows by N columns. Every count is a plain `int`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

# The convolutions of VGG16 (configuration D): blocks of (how many, output channels). Each is 3x3
# with padding 1, and each block ends in a 2x2 max pool, so 224x224 pixels become 7x7.
VGG16_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))


class LayerRow(NamedTuple):
    """One call of one leaf of a model: a row of `layer_table`."""

    name: str  # dotted, as in `model.named_modules()`
    kind: str  # name of its class: "Conv2d"
    output_shape: tuple[int, ...]  # batch axis included
    parameters: int
    macs: int


def conv2d_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    bias: bool = True,
    groups: int = 1,
) -> int:
    """Count the parameters of a 2-D convolution.

    Each of the `out_channels` filters sees only the `in_channels / groups` channels of its group:
    out_channels * (in_channels / groups * M * N + 1), without the 1 if there is no bias.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output, the number of filters.
        kernel_size: M = N as one int, or (M, N).
        bias: whether each filter has a bias.
        groups: into how many groups the channels are divided.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: a channel count, a kernel extent or `groups` is below 1, or `groups` does not
            divide both channel counts.

    Source: Goodfellow, Bengio and Courville 2016, Deep Learning, section 9.2.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: conv2d_parameters is not written yet")


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """Count the parameters of a dense layer, y = W x + b.

    out_features * (in_features + 1), without the 1 if there is no bias.

    Args:
        in_features: length of x.
        out_features: length of y.
        bias: whether there is a b.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: a length is below 1.

    Source: Goodfellow, Bengio and Courville 2016, Deep Learning, chapter 6.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: linear_parameters is not written yet")


def lstm_parameters(
    input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False
) -> int:
    """Count the parameters of `torch.nn.LSTM`.

    Four gates (input, forget, candidate, output), each
    W x + b + U h + c with W (H, D), U (H, H) and two biases b and c of length H:
    4 * H * (D + H + 2) for one layer in one direction. Both directions have gates of their own.

    Args:
        input_size: features of the sequence, D of the first layer.
        hidden_size: H.
        num_layers: how many layers are stacked; each reads the output of the one below.
        bidirectional: whether every layer runs in both directions.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: a size or `num_layers` is below 1.

    Source: Hochreiter and Schmidhuber 1997, Long Short-Term Memory, with the forget gate of
        Gers, Schmidhuber and Cummins 2000; the two biases are torch's.

    Hint: what a bidirectional layer hands upwards is both directions side by side.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: lstm_parameters is not written yet")


def multihead_attention_parameters(d_model: int, bias: bool = True) -> int:
    """Count the parameters of multi-head attention with model width `d_model`.

    Four projections of d_model to d_model: query, key, value and output. The heads share them out,
    so their number does not matter.

    Args:
        d_model: width of queries, keys, values and output.
        bias: whether each projection has a bias.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: `d_model` is below 1.

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.2.2.
    """
    # TODO: write this function
    raise NotImplementedError(
        "parameter_counting.py: multihead_attention_parameters is not written yet"
    )


def cnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Count the parameters of a tiny convolutional classifier without biases.

    An H x W image, one M x N filter (stride 1, no padding), a 2 x 2 max pool with stride 2 that
    drops an odd last row or column, and a dense layer from the P pooled values to the classes:
    P = floor((H - M + 1) / 2) * floor((W - N + 1) / 2), and M * N + classes * P parameters.

    Args:
        height, width: H and W of the image.
        kernel_height, kernel_width: M and N of the filter.
        classes: outputs of the last layer.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: an argument is below 1, or the pooled map is empty.

    Source: the handout, section 2; Goodfellow, Bengio and Courville 2016, sections 9.2 and 9.3.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: cnn_parameters is not written yet")


def fnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Count the parameters of the dense network that replaces `cnn_parameters`' filter and pool.

    A dense layer from the H * W pixels to P hidden units, as many as the pooled map of the
    convolutional network has values, and a dense layer from those to the classes. No biases.

    Args:
        height, width: H and W of the image.
        kernel_height, kernel_width: M and N of the filter that is replaced; they decide P.
        classes: outputs of the last layer.

    Returns:
        The number of parameters, an int.

    Raises:
        ValueError: an argument is below 1, or the pooled map is empty.

    Source: the handout, section 2.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: fnn_parameters is not written yet")


def vgg16_parameters(num_classes: int = 1000) -> dict[str, int | list[int]]:
    """Count the parameters of VGG16 on 3-channel images of 224 x 224, layer by layer.

    The 13 convolutions of `VGG16_BLOCKS`, then three dense layers: 512 * 7 * 7 to 4096, 4096 to
    4096, 4096 to `num_classes`. Every layer has biases; pools have no parameters.

    Args:
        num_classes: outputs of the last layer.

    Returns:
        A dict with "features" (all convolutions), "classifier" (the three dense layers) and
        "total", each an int, and "by_layer", a list of 16 ints in the order of the network.

    Raises:
        ValueError: `num_classes` is below 1.

    Source: Simonyan and Zisserman 2015, Very Deep Convolutional Networks, table 1, column D.

    Hint: compute it from the layer list, with your own functions.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: vgg16_parameters is not written yet")


def count_parameters(model: torch.nn.Module, trainable_only: bool = False) -> int:
    """Count the parameters of any model, as they are.

    The entries of every parameter tensor, wherever in the model it is registered. A tensor that
    several layers share counts once. Buffers (running statistics) are not parameters.

    Args:
        model: any module; stays as it was.
        trainable_only: count only the tensors that require a gradient.

    Returns:
        The number of parameters, an int.

    Source: `torch.nn.Module.parameters`.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: count_parameters is not written yet")


def layer_table(model: torch.nn.Module, input_shape: tuple[int, ...]) -> list[LayerRow]:
    """Describe every call of a leaf when `model` runs on an input of the given shape.

    A leaf is a module without children. A leaf that is called twice has two rows; its parameters
    stand in the first, and the second has 0. A leaf that returns a tuple is described by the first
    tensor in it. `macs` are the multiplications of a layer for the whole batch, without biases,
    with an M x N (or 1-d or 3-d) kernel and g groups:

        convolution             output entries * (in_channels / g) * M * N
        transposed convolution  input entries * (out_channels / g) * M * N
        linear                  output entries * in_features
        every other leaf        0

    Args:
        model: any module of one floating-point input; it runs in eval mode, on the device and in
            the dtype of its parameters, and is left as it was found: modes, hooks, parameters,
            buffers and gradients.
        input_shape: shape of the input, batch axis included.

    Returns:
        One `LayerRow` per call, in the order of the calls; output shapes include the batch axis.

    Source: Goodfellow, Bengio and Courville 2016, section 9.2 (multiplications of a convolution).

    Hint: `register_forward_hook` tells what a layer was given and what it returned; the handle it
        returns takes the hook away again. A model's modules need not all be in the same mode.
    """
    # TODO: write this function
    raise NotImplementedError("parameter_counting.py: layer_table is not written yet")

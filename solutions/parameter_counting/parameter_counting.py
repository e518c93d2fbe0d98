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


# BEGIN SOLUTION
def _require_positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}, but should be at least 1")


def _pooled_positions(height: int, width: int, kernel_height: int, kernel_width: int) -> int:
    _require_positive(kernel_height=kernel_height, kernel_width=kernel_width)
    rows = (height - kernel_height + 1) // 2
    columns = (width - kernel_width + 1) // 2
    if rows < 1 or columns < 1:
        raise ValueError(
            f"a {height}x{width} image and a {kernel_height}x{kernel_width} filter "
            "leave an empty pooled map"
        )
    return rows * columns


_OUTPUT_DRIVEN = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
_INPUT_DRIVEN = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)


def _macs(leaf: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> int:
    # weight[0] holds what one output entry (transposed: one input entry) is multiplied with:
    # channels of one group times the kernel's area.
    if isinstance(leaf, _OUTPUT_DRIVEN):
        return output.numel() * leaf.weight[0].numel()
    if isinstance(leaf, _INPUT_DRIVEN):
        return inputs[0].numel() * leaf.weight[0].numel()
    return 0


def _first_tensor(output: object) -> torch.Tensor:
    while not isinstance(output, torch.Tensor):
        output = output[0]
    return output


def _row(
    name: str,
    leaf: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    output: torch.Tensor,
    counted: set[int],
) -> LayerRow:
    fresh = [tensor for tensor in leaf.parameters() if id(tensor) not in counted]
    counted.update(id(tensor) for tensor in fresh)
    parameters = sum(tensor.numel() for tensor in fresh)
    shape = tuple(output.shape)
    return LayerRow(name, type(leaf).__name__, shape, parameters, _macs(leaf, inputs, output))


def _probe(model: torch.nn.Module, input_shape: tuple[int, ...]) -> torch.Tensor:
    like = next(model.parameters(), torch.empty(0))
    return torch.zeros(input_shape, dtype=like.dtype, device=like.device)


# END SOLUTION
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
    # BEGIN SOLUTION
    rows, columns = (kernel_size,) * 2 if isinstance(kernel_size, int) else kernel_size
    _require_positive(in_channels=in_channels, out_channels=out_channels, groups=groups)
    _require_positive(rows=rows, columns=columns)
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"groups is {groups}, but should divide {in_channels} and {out_channels}")
    weights = (in_channels // groups) * rows * columns
    return out_channels * (weights + int(bias))
    # END SOLUTION


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
    # BEGIN SOLUTION
    _require_positive(in_features=in_features, out_features=out_features)
    return out_features * (in_features + int(bias))
    # END SOLUTION


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
    # BEGIN SOLUTION
    _require_positive(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    directions = 2 if bidirectional else 1
    total = 0
    features = input_size
    for _ in range(num_layers):
        total += directions * 4 * hidden_size * (features + hidden_size + 2)
        features = directions * hidden_size
    return total
    # END SOLUTION


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
    # BEGIN SOLUTION
    _require_positive(d_model=d_model)
    return 4 * (d_model * d_model + int(bias) * d_model)
    # END SOLUTION


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
    # BEGIN SOLUTION
    _require_positive(classes=classes)
    pooled = _pooled_positions(height, width, kernel_height, kernel_width)
    return kernel_height * kernel_width + classes * pooled
    # END SOLUTION


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
    # BEGIN SOLUTION
    _require_positive(classes=classes)
    hidden = _pooled_positions(height, width, kernel_height, kernel_width)
    return height * width * hidden + classes * hidden
    # END SOLUTION


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
    # BEGIN SOLUTION
    features = []
    channels = 3
    for depth, width in VGG16_BLOCKS:
        for _ in range(depth):
            features.append(conv2d_parameters(channels, width, 3))
            channels = width
    classifier = [
        linear_parameters(channels * 7 * 7, 4096),
        linear_parameters(4096, 4096),
        linear_parameters(4096, num_classes),
    ]
    return {
        "features": sum(features),
        "classifier": sum(classifier),
        "total": sum(features) + sum(classifier),
        "by_layer": features + classifier,
    }
    # END SOLUTION


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
    # BEGIN SOLUTION
    tensors = model.parameters()
    return sum(p.numel() for p in tensors if p.requires_grad or not trainable_only)
    # END SOLUTION


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
    # BEGIN SOLUTION
    rows: list[LayerRow] = []
    counted: set[int] = set()
    names = {m: name for name, m in model.named_modules() if not list(m.children())}

    def record(leaf: torch.nn.Module, inputs: tuple[torch.Tensor, ...], output: object) -> None:
        rows.append(_row(names[leaf], leaf, inputs, _first_tensor(output), counted))

    handles = [leaf.register_forward_hook(record) for leaf in names]
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            model(_probe(model, input_shape))
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return rows
    # END SOLUTION

"""Every count read off torch's own modules on the meta device; one hook for all modules."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook


@dataclass
class LayerRow:
    """A row as a dataclass rather than a named tuple."""

    name: str
    kind: str
    output_shape: torch.Size
    parameters: int
    macs: int


def _on_meta(layer: type[nn.Module], *sizes: int | tuple[int, ...], **options: object) -> int:
    if any(extent < 1 for size in sizes for extent in ([size] if isinstance(size, int) else size)):
        raise ValueError(f"{layer.__name__} of {sizes}")
    return count_parameters(layer(*sizes, device="meta", **options))


def conv2d_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    bias: bool = True,
    groups: int = 1,
) -> int:
    """Build the convolution and count; torch refuses groups that do not divide."""
    return _on_meta(nn.Conv2d, in_channels, out_channels, kernel_size, bias=bias, groups=groups)


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """Build the layer and count."""
    return _on_meta(nn.Linear, in_features, out_features, bias=bias)


def lstm_parameters(
    input_size: int, hidden_size: int, num_layers: int = 1, bidirectional: bool = False
) -> int:
    """Build the LSTM and count."""
    return _on_meta(nn.LSTM, input_size, hidden_size, num_layers, bidirectional=bidirectional)


def multihead_attention_parameters(d_model: int, bias: bool = True) -> int:
    """Build attention with one head and count."""
    return _on_meta(nn.MultiheadAttention, d_model, 1, bias=bias)


def _pooled(height: int, width: int, kernel_height: int, kernel_width: int) -> int:
    image = torch.zeros(1, 1, height, width, device="meta")
    filters = torch.zeros(1, 1, kernel_height, kernel_width, device="meta")
    try:
        return nn.functional.max_pool2d(nn.functional.conv2d(image, filters), 2).numel()
    except RuntimeError as error:
        raise ValueError(f"{height}x{width}, {kernel_height}x{kernel_width}: {error}") from error


def cnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Build the filter and the output layer, and count."""
    pooled = _pooled(height, width, kernel_height, kernel_width)
    kernel_size = (kernel_height, kernel_width)
    return conv2d_parameters(1, 1, kernel_size, bias=False) + linear_parameters(
        pooled, classes, bias=False
    )


def fnn_parameters(
    height: int, width: int, kernel_height: int, kernel_width: int, classes: int = 3
) -> int:
    """Build both dense layers, and count."""
    pooled = _pooled(height, width, kernel_height, kernel_width)
    hidden = linear_parameters(height * width, pooled, bias=False)
    return hidden + linear_parameters(pooled, classes, bias=False)


def vgg16_parameters(num_classes: int = 1000) -> dict[str, int | list[int]]:
    """Build all sixteen layers, and count; `by_layer` as a tuple would do, too."""
    widths = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    dense = [25_088, 4_096, 4_096, num_classes]
    layers = [conv2d_parameters(*widths[i : i + 2], 3) for i in range(13)]
    layers += [linear_parameters(*dense[i : i + 2]) for i in range(3)]
    features, classifier = sum(layers[:-3]), sum(layers[-3:])
    return {
        "total": features + classifier,
        "by_layer": layers,
        "classifier": classifier,
        "features": features,
    }


def count_parameters(model: nn.Module, trainable_only: bool = False) -> int:
    """Add up the sizes of all tensors in bytes, each taken once, over the size of an entry."""
    tensors = {
        id(tensor): tensor.nbytes // tensor.itemsize
        for _, tensor in model.named_parameters(remove_duplicate=False)
        if tensor.requires_grad or not trainable_only
    }
    return sum(tensors.values())


class _Recorder:
    def __init__(self, model: nn.Module) -> None:
        self.names = {module: name for name, module in model.named_modules()}
        self.seen: set[nn.Module] = set()
        self.rows: list[LayerRow] = []

    def __call__(self, module: nn.Module, inputs: tuple[torch.Tensor, ...], output: object) -> None:
        if module not in self.names or next(module.children(), None) is not None:
            return
        tensor = output[0] if isinstance(output, tuple) else output
        parameters = 0 if module in self.seen else count_parameters(module)
        self.seen.add(module)
        macs = _macs(module, inputs[0], tensor)
        kind = type(module).__name__
        self.rows.append(LayerRow(self.names[module], kind, tensor.shape, parameters, macs))


def _macs(module: nn.Module, x: torch.Tensor, output: torch.Tensor) -> int:
    kind = type(module).__name__
    if kind == "Linear":
        return module.weight.numel() * (output.numel() // module.out_features)
    if not kind.startswith("Conv"):
        return 0
    scanned = x if "Transpose" in kind else output
    channels = scanned.shape[1]
    return module.weight.numel() * (scanned.numel() // channels)


def layer_table(model: nn.Module, input_shape: tuple[int, ...]) -> list[LayerRow]:
    """Watch all modules of the process while the model runs."""
    modes = {module: module.training for module in model.modules()}
    recorder = _Recorder(model)
    watch = register_module_forward_hook(recorder)
    first = next(model.parameters())
    try:
        model.eval()(torch.ones(input_shape, dtype=first.dtype, device=first.device))
    finally:
        watch.remove()
        for module, mode in modes.items():
            module.training = mode
    return recorder.rows

"""Networks spelt out layer by layer, from an allow-list of `torch.nn` classes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from autograder.models.recipe import Plain, option_names, refuse_unknown

KINDS: Mapping[str, type[nn.Module]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            nn.AdaptiveAvgPool2d,
            nn.AvgPool2d,
            nn.BatchNorm1d,
            nn.BatchNorm2d,
            nn.Conv1d,
            nn.Conv2d,
            nn.Conv3d,
            nn.ConvTranspose1d,
            nn.ConvTranspose2d,
            nn.ConvTranspose3d,
            nn.Dropout,
            nn.Flatten,
            nn.GELU,
            nn.GroupNorm,
            nn.Identity,
            nn.LayerNorm,
            nn.Linear,
            nn.LogSoftmax,
            nn.MaxPool1d,
            nn.MaxPool2d,
            nn.ReLU,
            nn.Sigmoid,
            nn.Softmax,
            nn.Tanh,
        )
    }
)


def sequential(layers: Plain) -> nn.Sequential:
    """Build an `nn.Sequential` of `[kind, options]`; a list of such pairs is a nested block."""
    return _block(layers, "layers")


def _block(layers: Plain, where: str) -> nn.Sequential:
    if not isinstance(layers, list) or not layers:
        raise ValueError(f"{where}: {layers!r} should be a list of [kind, options].")
    entries = (_layer(entry, f"{where}[{index}]") for index, entry in enumerate(layers))
    return nn.Sequential(*entries)


def _layer(entry: Plain, where: str) -> nn.Module:
    match entry:
        case [str(kind), dict(options)]:
            return _leaf(kind, options, where)
        case [str(kind)]:
            return _leaf(kind, {}, where)
    return _block(entry, where)


def _leaf(kind: str, options: dict[str, Plain], where: str) -> nn.Module:
    refuse_unknown([kind], KINDS, where, "layer")
    refuse_unknown(options, option_names(KINDS[kind]), f"{where} ({kind})", "option")
    sizes = {name: _as_tuple(value) for name, value in options.items()}
    try:
        return KINDS[kind](**sizes)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{where}: {kind} does not take {options}: {error}") from None


def _as_tuple(value: Plain) -> object:
    return tuple(value) if isinstance(value, list) else value

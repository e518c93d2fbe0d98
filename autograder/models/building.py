"""From a name and plain data to a network, the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from autograder.models import convolutional, sequential, structures
from autograder.models.recipe import Recipe, keep, option_names, plain, refuse_unknown

MAX_PARAMETERS = 30_000_000
_DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"float32": torch.float32, "float64": torch.float64}
)
BUILDERS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "call_order": structures.call_order,
        "hooked": structures.hooked,
        "kmnist_cnn": convolutional.kmnist_cnn,
        "leaf_reused": structures.leaf_reused,
        "residual_cnn": convolutional.residual_cnn,
        "sequence_tagger": structures.sequence_tagger,
        "sequential": sequential.sequential,
        "tied_autoencoder": structures.tied_autoencoder,
        "vgg16": convolutional.vgg16,
    }
)


@dataclass(frozen=True)
class Finish:
    """What every network takes beside its own options, and how it is applied."""

    seed: int = 0
    dtype: str = "float32"
    device: str = "cpu"
    training: bool = True
    evaluating: Sequence[str] = ()
    frozen: Sequence[str] = ()

    def apply(self, model: nn.Module, where: str) -> None:
        """Give a fresh network its dtype, device, modes and frozen parameters."""
        refuse_unknown([self.dtype], _DTYPES, where, "dtype")
        model.to(device=self.device, dtype=_DTYPES[self.dtype])
        modules = dict(model.named_modules())
        refuse_unknown(self.evaluating, modules, where, "module")
        model.train(self.training)
        for name in self.evaluating:
            modules[name].eval()
        tensors = dict(model.named_parameters())
        refuse_unknown(self.frozen, [*modules, *tensors], where, "module or parameter")
        for name in self.frozen:
            part = modules[name] if name in modules else tensors[name]
            part.requires_grad_(False)


def build(name: str, /, **options: Any) -> nn.Module:  # noqa: ANN401 - plain() checks them
    """Build a network from a name and plain data; equal arguments give equal networks.

    Every network takes `seed`, `dtype` ("float32", "float64"), `device` ("meta" allocates nothing),
    `training` (its mode), `evaluating` (names of modules in eval mode) and `frozen` (names of
    modules or parameters that need no gradient). torch's global generator stays as it was.
    """
    where = f'build("{name}")'
    refuse_unknown([name], BUILDERS, where, "network")
    given = {key: plain(value, f"{where}: {key}") for key, value in options.items()}
    own = option_names(BUILDERS[name])
    refuse_unknown(given, [*own, *option_names(Finish)], where, "option")
    common: dict[str, Any] = {key: given[key] for key in given if key not in own}
    architecture = partial(BUILDERS[name], **{key: given[key] for key in given if key in own})
    try:
        model = _finished(architecture, Finish(**common), where)
    except (TypeError, RuntimeError) as error:
        raise ValueError(f"{where}: cannot be built with {given}: {error}") from None
    keep(model, Recipe(name, given))
    return model


def _finished(architecture: partial[nn.Module], finish: Finish, where: str) -> nn.Module:
    model = _initialised(architecture, finish, where)
    finish.apply(model, where)
    return model


def _initialised(architecture: partial[nn.Module], finish: Finish, where: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(finish.seed)
        with torch.device("meta"):
            outline = architecture()
        if finish.device == "meta":
            return outline
        _refuse_large(outline, where)
        return architecture()


def _refuse_large(outline: nn.Module, where: str) -> None:
    size = sum(parameter.numel() for parameter in outline.parameters())
    if size > MAX_PARAMETERS:
        limit = f"at most {MAX_PARAMETERS}"
        hint = 'device="meta" allocates nothing.'
        raise ValueError(f"{where}: it has {size} parameters, but should have {limit}. {hint}")

"""From a name and plain data to a network, the same in every process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from autograder.models import classifiers, convolutional, digits, saliency, sequential, structures
from autograder.models.recipe import Recipe, keep, option_names, plain, refuse_unknown
from autograder.models.weights import SHIPPED, fill, weights_file

MAX_PARAMETERS = 30_000_000
_DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {"float32": torch.float32, "float64": torch.float64}
)
BUILDERS: Mapping[str, Callable[..., nn.Module]] = MappingProxyType(
    {
        "call_order": structures.call_order,
        "cluttered_cnn": digits.cluttered_cnn,
        "dense_scores": saliency.dense_scores,
        "digits_cnn": digits.digits_cnn,
        "digits_judge": digits.digits_judge,
        "hooked": structures.hooked,
        "kmnist_cnn": convolutional.kmnist_cnn,
        "leaf_reused": structures.leaf_reused,
        "relu_reused": saliency.relu_reused,
        "residual_cnn": convolutional.residual_cnn,
        "sequence_tagger": structures.sequence_tagger,
        "sequential": sequential.sequential,
        "small_digits_cnn": digits.small_digits_cnn,
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
    weights: str | None = SHIPPED

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

    A name that is not one of ours is that of a torchvision classifier.
    Every network takes `seed`, `dtype` ("float32", "float64"), `device` ("meta" allocates nothing),
    `training` (its mode), `evaluating` (names of modules in eval mode) and `frozen` (names of
    modules or parameters that need no gradient) and `weights`: "shipped", the default, for those
    that come with the project where the network has some, the name of a file among the local
    data, or None for random ones. torch's global generator stays as it was.
    """
    where = f'build("{name}")'
    builder = _builder(name, where)
    given = {key: plain(value, f"{where}: {key}") for key, value in options.items()}
    own = option_names(builder)
    refuse_unknown(given, [*own, *option_names(Finish)], where, "option")
    common: dict[str, Any] = {key: given[key] for key in given if key not in own}
    architecture = partial(builder, **{key: given[key] for key in given if key in own})
    finish = Finish(**common)
    try:
        model = _finished(architecture, finish, weights_file(name, finish.weights), where)
    except (TypeError, RuntimeError) as error:
        raise ValueError(f"{where}: cannot be built with {given}: {error}") from None
    keep(model, Recipe(name, given))
    return model


def _builder(name: str, where: str) -> Callable[..., nn.Module]:
    if name in BUILDERS:
        return BUILDERS[name]
    refuse_unknown([name], [*BUILDERS, *classifiers.names()], where, "network")
    return partial(classifiers.classifier, name)


def _finished(
    architecture: partial[nn.Module], finish: Finish, weights: Path | None, where: str
) -> nn.Module:
    model = _initialised(architecture, finish, where)
    if weights and finish.device != "meta":
        fill(model, weights)
    finish.apply(model, where)
    return model


def _initialised(architecture: partial[nn.Module], finish: Finish, where: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(finish.seed)
        with torch.device("meta"):
            outline = architecture()
        if finish.device == "meta":
            return outline
        if finish.weights in (None, SHIPPED):
            _refuse_large(outline, where)
        return architecture()


def _refuse_large(outline: nn.Module, where: str) -> None:
    size = sum(parameter.numel() for parameter in outline.parameters())
    if size > MAX_PARAMETERS:
        limit = f"at most {MAX_PARAMETERS}"
        hint = 'device="meta" allocates nothing.'
        raise ValueError(f"{where}: it has {size} parameters, but should have {limit}. {hint}")

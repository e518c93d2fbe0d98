"""How a network was built: a name and plain data, kept on the network itself."""

from __future__ import annotations

import copy
import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from torch import nn

_PLAIN_TYPES = "numbers, strings, booleans, None, lists and dictionaries with string keys"
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
_ATTRIBUTE = "_autograder_recipe"


@dataclass(frozen=True)
class Recipe:
    """The arguments of `build`; building from them again gives an equal network."""

    name: str
    options: dict[str, Plain]


def recipe_of(module: nn.Module) -> Recipe | None:
    """Return how `build` made this network, or None; later changes to it are not in the recipe."""
    kept = getattr(module, _ATTRIBUTE, None)
    return copy.deepcopy(kept) if isinstance(kept, Recipe) else None


def keep(module: nn.Module, recipe: Recipe) -> None:
    """Write the recipe on the network, where `recipe_of` finds it."""
    setattr(module, _ATTRIBUTE, recipe)


def plain(value: object, where: str) -> Plain:
    """Return a copy made of plain data only; tuples become lists."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(entry, f"{where}[{index}]") for index, entry in enumerate(value)]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(entry, f"{where}[{key!r}]") for key, entry in value.items()}
    kind = type(value).__name__
    raise ValueError(f"{where}: the value is a {kind}, but should be plain data: {_PLAIN_TYPES}.")


def refuse_unknown(given: Iterable[str], known: Iterable[str], where: str, noun: str) -> None:
    """Raise `ValueError` for the first given name that is not known, with the nearest one."""
    known = list(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
            hint = f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}."
            raise ValueError(f'{where}: there is no {noun} "{name}". {hint}')


def option_names(maker: Callable[..., object]) -> list[str]:
    """Return the names of the options that a builder or a layer takes."""
    return [name for name in inspect.signature(maker).parameters if name != "self"]

"""A known wrong answer, recognised by its value."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from autograder.kit.closeness import is_dense, widest_gap
from autograder.kit.shown import is_a
from autograder.kit.values import difference


def likely(
    got: object, wrong_values: Mapping[str, object], rtol: float = 1e-4, atol: float = 1e-5
) -> str:
    """Return the first sentence whose wrong value `got` equals, or "" if there is none.

    Tensors equal one another if their shapes are equal and their values close, whatever the dtype.
    A wrong value may be a function without arguments; one that raises matches nothing.
    """
    for sentence, wrong in wrong_values.items():
        if _alike(got, _evaluated(wrong), rtol, atol):
            return sentence
    return ""


_NOTHING = object()


def _evaluated(wrong: object) -> object:
    if not callable(wrong):
        return wrong
    try:
        return wrong()
    except Exception:  # noqa: BLE001 - a mistake that this input cannot show is no fault
        return _NOTHING


def _alike(got: object, wrong: object, rtol: float, atol: float) -> bool:
    if not is_a(wrong, torch.Tensor):
        return wrong is not _NOTHING and difference(got, wrong, "") is None
    if not is_dense(got) or got.shape != wrong.shape:
        return False
    return widest_gap(got, wrong, rtol, atol) is None

"""Writes the embedded digits and their checksums: `python datasets/make_digits.py`.

Splits by the index of an image among those of its class, in the order of scikit-learn's
`load_digits`: an index that ends in 0 or 5 is test, in 2 validation, the others train.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
FILE = "digits.safetensors"


def tensors() -> dict[str, dict[str, torch.Tensor]]:
    """Return images uint8 (N, 8, 8) and labels uint8 (N,) by split."""
    images, labels = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    index = index_in_class(labels)
    test = index % 5 == 0
    validation = index % 10 == 2
    parts = {"train": ~test & ~validation, "validation": validation, "test": test}
    return {
        name: {
            f"{name}_images": images[part].reshape(-1, 8, 8).to(torch.uint8),
            f"{name}_labels": labels[part].to(torch.uint8),
        }
        for name, part in parts.items()
    }


def index_in_class(labels: torch.Tensor) -> torch.Tensor:
    """Return for each image how many of its class came before it."""
    is_class = torch.nn.functional.one_hot(labels)
    return ((is_class.cumsum(dim=0) - 1) * is_class).sum(dim=1)


def write(folder: Path) -> None:
    """Write both files below `folder`, each with a list of checksums beside it."""
    made = tensors()
    _save(made["train"] | made["validation"], folder / FILE)
    _save(made["test"], folder / "held_out" / FILE)


def _save(data: dict[str, torch.Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(data, path)
    path.chmod(0o644)  # safetensors lets nobody else read; a worker is somebody else
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (path.parent / "SHA256SUMS").write_text(f"{digest}  {path.name}\n", encoding="utf-8")


if __name__ == "__main__":
    write(HERE)

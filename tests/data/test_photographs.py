"""The script that explains photographs runs with any weights, and says where they should be."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest
import torch

from autograder import models
from autograder.data.places import EMBEDDED

SCRIPT = EMBEDDED / "explain_photographs.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_photographs_are_square_and_in_range(script):
    found = script["photographs"]()
    assert set(found) == {"cat", "coffee", "temple", "flower"}
    for image in found.values():
        assert image.shape == (1, 3, 227, 227)
        assert 0 <= image.min() < image.max() <= 1


def test_a_photograph_is_explained_and_drawn(script, tmp_path):
    model = models.build("squeezenet1_0", seed=1, normalize=True, training=False)
    rows = script["explain"](model, "network.features.12", [f"class {i}" for i in range(1000)])
    row = next(rows)
    assert row.before.startswith("class ")
    shapes = [tuple(panel.shape) for panel in row.panels]
    image, one_map = (1, 3, 227, 227), (1, 227, 227)
    assert shapes == [image, one_map, one_map, one_map, image, image]
    change = (row.panels[4] - row.panels[0]).abs().max()
    torch.testing.assert_close(change, torch.tensor(2 / 255))
    script["draw"]([row], tmp_path / "one.jpg")
    assert (tmp_path / "one.jpg").read_bytes().startswith(b"\xff\xd8")


def test_without_weights_it_says_what_to_fetch(tmp_path):
    ran = subprocess.run(
        [sys.executable, SCRIPT],
        env={"AUTOGRADER_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "Fetch it with `autograder fetch squeezenet1_0`, or put it there." in ran.stderr

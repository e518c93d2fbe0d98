"""The embedded digits: what they are, where their test part is, and what made their files."""

from __future__ import annotations

import hashlib
import runpy
import shutil

import pytest
import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits

from autograder import data
from autograder.data import digits, places
from autograder.data.dataset import SPLITS

SIZES = {"train": 1252, "validation": 181, "test": 364}
EXTENT = {"digits": 28, "small_digits": 8, "cluttered_digits": 36}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", EXTENT)
def test_images_and_labels_have_the_documented_form(name, split):
    images, labels, boxes = data.load(name, split)
    assert images.shape == (SIZES[split], 1, EXTENT[name], EXTENT[name])
    assert (images.dtype, labels.dtype) == (torch.float32, torch.int64)
    assert 0 <= images.min() < 0.01
    assert 0.9 < images.max() <= 1
    assert set(labels.tolist()) == set(range(10))
    assert (boxes is None) == (name != "cluttered_digits")


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_its_share_of_every_class(split):
    counts = data.load("small_digits", split).labels.bincount()
    assert counts.max() - counts.min() <= 6


def test_the_splits_together_are_the_published_digits():
    mine = torch.cat([data.load("small_digits", split).images for split in SPLITS])
    published, _ = load_digits(return_X_y=True)
    rows = sorted((mine * 16).to(torch.int64).flatten(1).tolist())
    assert rows == sorted(torch.from_numpy(published).to(torch.int64).tolist())


def test_enlarging_keeps_a_margin_and_the_shape_of_a_digit():
    small, large = data.load("small_digits", "train").images, data.load("digits", "train").images
    inner = large[:, :, 4:24, 4:24]
    assert torch.equal(torch.nn.functional.pad(inner, [4] * 4), large)
    shrunk = torch.nn.functional.interpolate(inner, size=(8, 8), mode="area")
    gaps = [float((shrunk - other).abs().mean()) for other in (small, small.roll(1, dims=0))]
    assert 3 * gaps[0] < gaps[1]


def test_a_digit_in_clutter_lies_in_its_box():
    images, _, boxes = data.load("cluttered_digits", "validation")
    for image, (top, left, bottom, right) in zip(images, boxes.tolist(), strict=True):
        outside = image.clone()
        outside[:, top:bottom, left:right] = 0
        assert outside.max() <= 0.3 < image.max()
    assert len({tuple(box) for box in boxes.tolist()}) == 4


def test_two_digits_lie_in_two_corners():
    images = data.load("small_digits", "validation").images
    generator = torch.Generator().manual_seed(4)
    canvases, first, second = data.clutter_pairs(images[:40], images[40:80], generator)
    assert canvases.shape == (40, 1, 36, 36)
    assert not (first == second).all(dim=1).any()
    for canvas, *boxes in zip(canvases, first.tolist(), second.tolist(), strict=True):
        for top, left, bottom, right in boxes:
            assert canvas[:, top:bottom, left:right].max() > 0.5


def test_clutter_is_decided_by_its_generator():
    images = data.load("small_digits", "validation").images[:9]
    once, again, other = (
        data.clutter(images, torch.Generator().manual_seed(seed))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_a_canvas_without_room_for_its_corners_is_refused():
    images = data.load("small_digits", "validation").images[:2]
    with pytest.raises(ValueError, match="canvas: 20, but should be at least 32 for digits of 14"):
        data.clutter(images, torch.Generator(), canvas=20)


def test_the_script_makes_the_very_files(tmp_path):
    made = runpy.run_path(str(places.EMBEDDED / "make_digits.py"))
    made["write"](tmp_path)
    for name in ("digits.safetensors", "held_out/digits.safetensors"):
        mine, shipped = load_file(tmp_path / name), load_file(places.EMBEDDED / name)
        assert mine.keys() == shipped.keys()
        assert all(torch.equal(mine[key], shipped[key]) for key in mine)


@pytest.mark.parametrize("folder", [places.EMBEDDED, places.HELD_OUT])
def test_checksums_are_those_of_the_files(folder):
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    for digest, name in (line.split("  ") for line in lines):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the embedded files that a test may damage."""
    copy = shutil.copytree(places.EMBEDDED, tmp_path / "datasets")
    monkeypatch.setattr(digits, "EMBEDDED", copy)
    monkeypatch.setattr(digits, "HELD_OUT", copy / "held_out")
    return copy


def test_a_damaged_file_is_not_used(copied):
    path = copied / "digits.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(data.DataError, match=r"damaged or incomplete \(sha256 is .* take it from"):
        data.load("digits", "train")


def test_a_missing_file_is_named(copied):
    (copied / "digits.safetensors").unlink()
    with pytest.raises(data.DataError, match=r"digits.safetensors: is missing, .* comes with the"):
        data.load("digits", "train")


def test_without_the_held_out_part_the_other_splits_are_named(copied):
    shutil.rmtree(copied / "held_out")
    with pytest.raises(data.DataError, match="Only the grader holds the test part; choose the"):
        data.load("digits", "test")
    assert len(data.load("digits", "validation").labels) == SIZES["validation"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [("", "has no line for digits.safetensors"), (None, "No such file or directory")],
)
def test_a_list_of_checksums_must_name_the_file(copied, lines, sentence):
    listing = copied / "SHA256SUMS"
    listing.unlink() if lines is None else listing.write_text(lines, encoding="utf-8")
    with pytest.raises(data.DataError, match=f"SHA256SUMS: {sentence}"):
        data.load("digits", "train")

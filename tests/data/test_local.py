"""Data from a local folder: MNIST in its published files, and folders of images."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from pathlib import Path

import pytest
import torch
import torchvision.datasets
from PIL import Image

from autograder import data

FILES = {
    "train-images-idx3-ubyte.gz": 60_000,
    "train-labels-idx1-ubyte.gz": 60_000,
    "t10k-images-idx3-ubyte.gz": 10_000,
    "t10k-labels-idx1-ubyte.gz": 10_000,
}
TEST_ONLY = [name for name in FILES if name.startswith("t10k")]


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path / "local"))
    return tmp_path / "local"


@pytest.fixture
def published(monkeypatch):
    """Files in MNIST's format: image k is filled with k modulo 251, its label is k modulo 10."""
    made = {name: _packed(name, count) for name, count in FILES.items()}
    digests = [(name, hashlib.md5(blob).hexdigest()) for name, blob in made.items()]
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", digests)
    return made


def _packed(name, count):
    index = torch.arange(count)
    if "labels" in name:
        return gzip.compress(
            struct.pack(">II", 2049, count) + (index % 10).byte().numpy().tobytes()
        )
    pixels = (index % 251).byte().repeat_interleave(28 * 28).numpy().tobytes()
    return gzip.compress(struct.pack(">IIII", 2051, count, 28, 28) + pixels, compresslevel=1)


def put(local, blobs, names):
    folder = local / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(blobs[name])
    return folder


@pytest.mark.parametrize(
    ("split", "first", "count"),
    [("train", 0, 55_000), ("validation", 55_000, 5000), ("test", 0, 10_000)],
)
def test_the_published_parts_are_split_by_index(local, published, split, first, count):
    put(local, published, FILES)
    images, labels, boxes = data.load("mnist", split)
    assert (images.shape, images.dtype) == ((count, 1, 28, 28), torch.float32)
    assert (labels.dtype, boxes) == (torch.int64, None)
    assert float(images[1, 0, 3, 4]) == pytest.approx((first + 1) % 251 / 255)
    assert int(labels[7]) == (first + 7) % 10


@pytest.mark.parametrize(
    ("split", "first", "count"),
    [("train", 0, 8000), ("validation", 8000, 1000), ("test", 9000, 1000)],
)
def test_the_test_files_alone_are_split_too(local, published, split, first, count):
    put(local, published, TEST_ONLY)
    data.require("mnist")
    images, labels, _ = data.load("mnist", split)
    assert len(images) == len(labels) == count
    assert float(images[2].max()) == pytest.approx((first + 2) % 251 / 255)


def test_a_missing_file_says_what_to_fetch_and_where_it_goes(local, published):
    with pytest.raises(data.DataError) as caught:
        data.require("mnist")
    path = local / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    assert str(caught.value).startswith(f"{path}: is missing, but should be there. Fetch it with")
    assert f"or put the published {path.name} into {path.parent}." in str(caught.value)


def test_one_training_file_without_the_other_is_missing_something(local, published):
    put(local, published, [*TEST_ONLY, "train-images-idx3-ubyte.gz"])
    with pytest.raises(data.DataError, match=r"train-labels-idx1-ubyte\.gz: is missing"):
        data.require("mnist")


def test_a_partial_download_is_never_used(local, published):
    path = put(local, published, TEST_ONLY) / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:5000])
    for use in (lambda: data.require("mnist"), lambda: data.load("mnist", "test")):
        with pytest.raises(data.DataError, match=r"damaged or incomplete \(md5 is"):
            use()


def test_a_download_arrives_whole(local, published, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "download", _writes(published, FILES))
    monkeypatch.setattr(torchvision.datasets.MNIST, "_load_data", lambda _: (None, None))
    monkeypatch.setattr(torchvision.datasets.MNIST, "_check_exists", lambda _: True)
    folder = data.fetch("mnist")
    assert sorted(os.listdir(folder)) == sorted(FILES)
    assert len(data.load("mnist", "validation").labels) == 5000


def test_a_broken_download_leaves_nothing(local, published, monkeypatch):
    def breaks(self):
        _writes(published, TEST_ONLY)(self)
        raise RuntimeError("the line went dead")

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", breaks)
    with pytest.raises(data.DataError, match="MNIST could not be fetched: the line went dead"):
        data.fetch("mnist")
    assert list((local / "MNIST" / "raw").iterdir()) == []


def _writes(blobs, names):
    def download(self):
        os.makedirs(self.raw_folder, exist_ok=True)
        for name in names:
            Path(self.raw_folder, name).write_bytes(blobs[name])

    return download


@pytest.fixture
def scenes(local):
    for split in ("train", "validation", "test"):
        for label, shade in (("bright", 200), ("dark", 40)):
            folder = local / "scenes" / split / label
            folder.mkdir(parents=True)
            for number in range(2):
                Image.new("RGB", (40, 30), (shade, shade, shade)).save(folder / f"{number}.png")
    return local / "scenes"


def test_a_folder_of_images_is_a_data_set(scenes):
    data.require("scenes")
    images, labels, _ = data.load("scenes", "train")
    assert (images.shape, images.dtype) == ((4, 1, 28, 28), torch.float32)
    assert labels.tolist() == [0, 0, 1, 1]
    assert images.amax(dim=(1, 2, 3)).tolist() == pytest.approx([200 / 255] * 2 + [40 / 255] * 2)


def test_a_folder_of_images_in_colour_and_in_another_size(scenes):
    images = data.image_folder("scenes", "test", size=(17, 23), channels=3).images
    assert images.shape == (4, 3, 17, 23)


def test_a_split_without_a_folder_is_named(scenes):
    scenes.joinpath("test").rename(scenes / "tset")
    with pytest.raises(data.DataError, match=r"scenes.test: is missing, but scenes should have"):
        data.require("scenes")


def test_a_split_without_images_is_named(scenes):
    for file in (scenes / "test").rglob("*.png"):
        file.unlink()
    with pytest.raises(data.DataError, match=r"scenes.test: .*no valid file"):
        data.load("scenes", "test")


def test_a_file_that_is_no_image_is_named(scenes):
    (scenes / "test" / "dark" / "0.png").write_bytes(b"not an image")
    with pytest.raises(data.DataError, match=r"cannot identify image file .*0\.png"):
        data.load("scenes", "test")


@pytest.mark.parametrize(
    ("name", "hint"), [("digit", 'Did you mean "digits"?'), ("../x", "Known: cluttered_digits,")]
)
def test_an_unknown_name_is_told_the_known_ones(local, name, hint):
    for use in (lambda: data.require(name), lambda: data.load(name, "train")):
        with pytest.raises(data.DataError) as caught:
            use()
        assert hint in str(caught.value)


def test_an_unknown_split_is_told_the_known_ones():
    with pytest.raises(
        data.DataError, match='no split "dev", but there are train, validation, test'
    ):
        data.load("digits", "dev")

"""Networks that ship trained: as accurate as their cards say, and refused when damaged."""

from __future__ import annotations

import re
import shutil
from urllib.error import URLError

import pytest
import torch
import torchvision.models
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from autograder import data, models
from autograder.models import weights
from autograder.models.building import MAX_PARAMETERS

SHIPPED = {
    "cluttered_cnn": "cluttered_digits",
    "digits_cnn": "digits",
    "digits_judge": "digits",
    "small_digits_cnn": "small_digits",
}


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_DATA", str(tmp_path))
    return tmp_path


def card(name):
    with safe_open(weights.FOLDER / f"{name}.safetensors", framework="pt") as file:
        return file.metadata()


def accuracy(name, split):
    images, labels, _ = data.load(SHIPPED[name], split)
    with torch.no_grad():
        scores = models.build(name, training=False)(images)
    return float((scores.argmax(dim=1) == labels).float().mean())


def test_every_shipped_file_is_a_network():
    shipped = {file.stem for file in weights.FOLDER.glob("*.safetensors")}
    assert shipped == set(SHIPPED) == weights.TRAINED


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_network_is_as_accurate_as_its_card_says(name, split):
    said = float(card(name)[f"{split}_accuracy"])
    assert accuracy(name, split) == pytest.approx(said, abs=0.006)  # an image or two
    assert said >= 0.97


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_names_seed_epochs_and_data(name):
    assert card(name)["data"] == SHIPPED[name]
    assert int(card(name)["epochs"]) > 0
    assert card(name)["seed"].isdigit()


def test_the_one_that_judges_is_another_network():
    sizes = [
        [tuple(p.shape) for p in models.build(name).parameters()]
        for name in ("digits_cnn", "digits_judge")
    ]
    assert not set(sizes[0]) & set(sizes[1]) - {(10,)}
    assert card("digits_cnn")["seed"] != card("digits_judge")["seed"]


def test_without_weights_a_network_is_as_its_seed_says():
    one, other = (models.build("digits_cnn", weights=None, seed=seed) for seed in (1, 2))
    assert not torch.equal(one.conv1.weight, other.conv1.weight)
    assert not torch.equal(one.conv1.weight, models.build("digits_cnn", seed=1).conv1.weight)


def test_an_outline_reads_no_weights():
    assert all(p.is_meta for p in models.build("digits_cnn", device="meta").parameters())


def test_shipped_weights_come_in_the_dtype_that_is_asked_for():
    model = models.build("digits_cnn", dtype="float64")
    expected = load_file(weights.FOLDER / "digits_cnn.safetensors")["fc2.weight"].double()
    assert torch.equal(model.fc2.weight, expected)


def test_a_damaged_shipped_file_is_refused(tmp_path, monkeypatch):
    folder = shutil.copytree(weights.FOLDER, tmp_path / "trained")
    path = folder / "digits_cnn.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setattr(weights, "FOLDER", folder)
    with pytest.raises(data.DataError, match=r"is damaged or incomplete .*take it from there"):
        models.build("digits_cnn")


def test_shipped_weights_that_are_out_of_sight_are_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(data.DataError, match="SHA256SUMS: No such file"):
        models.build("digits_cnn")


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_local_file_fills_any_network(local, suffix):
    source = models.build("kmnist_cnn", seed=5)
    path = local / f"mine.{suffix}"
    state = source.state_dict()
    save_file(state, path) if suffix == "safetensors" else torch.save(state, path)
    filled = models.build("kmnist_cnn", seed=6, weights=path.name)
    assert torch.equal(filled.features.conv1.weight, source.features.conv1.weight)


def test_a_missing_file_says_what_to_fetch(local):
    path = re.escape(str(local / "squeezenet1_0.safetensors"))
    sentence = rf"{path}: is missing, but should hold weights\. Fetch it with `autograder fetch"
    with pytest.raises(data.DataError, match=sentence):
        models.build("squeezenet1_0", weights="squeezenet1_0.safetensors")


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_file_without_weights_is_refused(local, suffix):
    (local / f"mine.{suffix}").write_bytes(b"not weights")
    with pytest.raises(data.DataError, match="is damaged or holds no weights"):
        models.build("kmnist_cnn", weights=f"mine.{suffix}")


def test_code_in_a_file_of_weights_is_refused(local):
    torch.save({"conv1.weight": print}, local / "mine.pth")
    with pytest.raises(data.DataError, match="is damaged or holds no weights"):
        models.build("kmnist_cnn", weights="mine.pth")


def test_weights_of_another_network_are_refused(local):
    save_file({"other": torch.zeros(2)}, local / "mine.safetensors")
    with pytest.raises(data.DataError, match=r"its weights are another network's: .*Missing key"):
        models.build("kmnist_cnn", weights="mine.safetensors")


def test_a_classifier_of_torchvision_is_built_by_its_name():
    model = models.build("squeezenet1_0", num_classes=7, training=False)
    assert model(torch.zeros(2, 3, 65, 64)).shape == (2, 7)
    assert models.recipe_of(model).name == "squeezenet1_0"


def test_a_classifier_may_take_images_from_0_to_1(local):
    plain = models.build("squeezenet1_0", seed=3, training=False)
    save_file(plain.state_dict(), local / "mine.safetensors")
    options = {"normalize": True, "weights": "mine.safetensors", "training": False}
    normalizing = models.build("squeezenet1_0", **options)
    images = torch.rand(2, 3, 64, 65, generator=torch.Generator().manual_seed(0))
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = plain((images - mean.view(3, 1, 1)) / std.view(3, 1, 1))
    torch.testing.assert_close(normalizing(images), expected)


def test_an_unknown_classifier_is_told_its_nearest_name():
    with pytest.raises(ValueError, match=r'no network "resnet81"\. Did you mean "resnet18"\?'):
        models.build("resnet81")


def test_a_large_classifier_needs_a_file_or_an_outline():
    with pytest.raises(ValueError, match=rf"at most {MAX_PARAMETERS}"):
        models.build("resnet50", num_classes=10_000)
    assert models.build("wide_resnet50_2", device="meta").fc.out_features == 1000


def test_fetched_weights_are_kept_as_plain_tensors(local, monkeypatch):
    source = models.build("squeezenet1_0", seed=4)
    weights_of = torchvision.models.get_model_weights("squeezenet1_0")
    monkeypatch.setattr(weights_of, "get_state_dict", lambda *_, **__: source.state_dict())
    path = models.fetch("squeezenet1_0")
    assert list(local.iterdir()) == [path]
    assert path.stat().st_mode & 0o044 == 0o044
    filled = models.build("squeezenet1_0", weights=path.name)
    assert all(map(torch.equal, filled.parameters(), source.parameters()))


def test_a_download_that_fails_is_told_and_leaves_nothing(local, monkeypatch):
    def fails(*_, **__):
        raise URLError("no route")

    weights_of = torchvision.models.get_model_weights("squeezenet1_0")
    monkeypatch.setattr(weights_of, "get_state_dict", fails)
    with pytest.raises(
        data.DataError, match=r"weights of squeezenet1_0 could not be fetched: .*route"
    ):
        models.fetch("squeezenet1_0")
    assert list(local.iterdir()) == []


def test_only_classifiers_of_torchvision_can_be_fetched():
    with pytest.raises(ValueError, match=r'no classifier "resnet81"\. Did you mean "resnet18"'):
        models.fetch("resnet81")

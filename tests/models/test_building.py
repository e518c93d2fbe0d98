"""Networks by name: deterministic, remembered, refused with the nearest name."""

from __future__ import annotations

import copy
import re

import pytest
import torch

from autograder import models
from autograder.models.building import BUILDERS

INPUTS = {
    "call_order": (2, 4),
    "cluttered_cnn": (2, 1, 36, 36),
    "digits_cnn": (2, 1, 28, 28),
    "digits_judge": (2, 1, 28, 28),
    "hooked": (2, 4),
    "kmnist_cnn": (2, 1, 28, 28),
    "leaf_reused": (2, 5),
    "relu_reused": (2, 3, 6, 5),
    "residual_cnn": (2, 3, 6, 5),
    "sequence_tagger": (2, 7, 3),
    "sequential": (2, 3),
    "small_digits_cnn": (2, 1, 8, 8),
    "tied_autoencoder": (2, 6),
}
LAYERS = [
    ["Linear", {"in_features": 3, "out_features": 4}],
    [["ReLU"], ["Dropout", {"p": 0.5}]],
    ["LayerNorm", {"normalized_shape": [4]}],
]
OPTIONS = {"sequential": {"layers": LAYERS}}


def small(name, **options):
    return models.build(name, **OPTIONS.get(name, {}), **{"weights": None, **options})


def equal(one, other):
    pairs = one.state_dict(), other.state_dict()
    assert pairs[0].keys() == pairs[1].keys()
    return all(torch.equal(pairs[0][key], pairs[1][key]) for key in pairs[0])


def modes(model):
    return {name: module.training for name, module in model.named_modules()}


def test_every_network_is_run_here():
    assert set(INPUTS) | {"dense_scores", "vgg16"} == set(BUILDERS)


@pytest.mark.parametrize("name", INPUTS)
def test_equal_arguments_give_equal_networks(name):
    assert equal(small(name), small(name))
    assert equal(small(name, seed=3), small(name, seed=3))
    assert not equal(small(name, seed=3), small(name, seed=4))


@pytest.mark.parametrize("name", INPUTS)
def test_a_network_runs_in_its_dtype(name):
    model = small(name, dtype="float64", training=False)
    output = model(torch.zeros(INPUTS[name], dtype=torch.float64))
    assert output.dtype == torch.float64
    assert output.shape[0] == 2


@pytest.mark.parametrize("name", INPUTS)
def test_the_global_generator_stays_as_it_was(name):
    before = torch.get_rng_state()
    small(name, seed=7)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_global_generator_has_no_say():
    torch.manual_seed(1)
    one = models.build("kmnist_cnn")
    torch.manual_seed(2)
    assert equal(one, models.build("kmnist_cnn"))


@pytest.mark.parametrize("name", INPUTS)
def test_a_recipe_builds_the_same_again(name):
    options = {"seed": 5, "training": False, "frozen": [""], "dtype": "float64", "weights": None}
    model = small(name, **options)
    recipe = models.recipe_of(model)
    assert recipe == models.Recipe(name, {**OPTIONS.get(name, {}), **options})
    again = models.build(recipe.name, **recipe.options)
    assert equal(model, again)
    assert modes(model) == modes(again)
    assert [p.requires_grad for p in model.parameters()] == [
        p.requires_grad for p in again.parameters()
    ]


def test_tuples_in_a_recipe_become_lists():
    model = models.build("call_order", frozen=("stem",))
    assert models.recipe_of(model).options == {"frozen": ["stem"]}


def test_a_recipe_is_a_copy():
    layers = copy.deepcopy(LAYERS)
    model = models.build("sequential", layers=layers)
    layers.clear()
    models.recipe_of(model).options["layers"].clear()
    assert models.recipe_of(model).options == {"layers": LAYERS}


def test_other_modules_have_no_recipe():
    assert models.recipe_of(torch.nn.Linear(2, 3)) is None
    assert models.recipe_of(models.build("call_order").stem) is None


def test_modes_and_frozen_parameters_are_chosen_by_name():
    model = models.build("residual_cnn", evaluating=["blocks.0"], frozen=["stem", "blocks.1.scale"])
    assert model.training
    assert not model.blocks[0].body.training
    assert model.blocks[1].body.training
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {"stem.weight", "stem.bias", "blocks.1.scale"}


def test_structures_are_what_their_names_say():
    tied = models.build("tied_autoencoder", width=5)
    assert tied.encoder.weight is tied.decoder.weight
    hooked = models.build("hooked", width=3)
    assert len(hooked[0]._forward_hooks) == 1
    x = torch.ones(1, 3)
    hidden = torch.nn.functional.linear(x, hooked[0].weight, hooked[0].bias)
    assert torch.equal(hooked[0](x), 2 * hidden)
    order = [name for name, _ in models.build("call_order").named_children()]
    assert order == ["head", "body", "stem"]


def test_counts_of_the_literature():
    kmnist = sum(p.numel() for p in models.build("kmnist_cnn").parameters())
    vgg16 = sum(p.numel() for p in models.build("vgg16", device="meta").parameters())
    assert (kmnist, vgg16) == (420_906, 138_357_544)


def test_kmnist_cnn_gives_log_probabilities():
    model = models.build("kmnist_cnn", training=False)
    sums = model(torch.zeros(3, 1, 28, 28)).exp().sum(1)
    assert torch.allclose(sums, torch.ones(3))


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        (
            "kmnist",
            {},
            'build("kmnist"): there is no network "kmnist". Did you mean "kmnist_cnn"?',
        ),
        (
            "kmnist_cnn",
            {"drop_out": 0.1},
            'build("kmnist_cnn"): there is no option "drop_out". Did you mean "dropout"?',
        ),
        (
            "call_order",
            {"frozen": ["stm"]},
            'there is no module or parameter "stm". Did you mean "stem"?',
        ),
        ("call_order", {"evaluating": ["bodi"]}, 'no module "bodi". Did you mean "body"?'),
        ("call_order", {"dtype": "int8"}, 'no dtype "int8". Known: float32, float64.'),
        ("call_order", {"seed": torch.ones(1)}, "seed: the value is a Tensor, but should be plain"),
        ("call_order", {"frozen": [{1: 2}]}, "frozen[0]: the value is a dict, but should be plain"),
        ("call_order", {"width": -2}, "cannot be built with {'width': -2}: "),
        ("call_order", {"width": "wide"}, "cannot be built with {'width': 'wide'}: "),
        ("call_order", {"device": "moon"}, "cannot be built with {'device': 'moon'}: "),
        ("call_order", {"width": 6000}, "should have at most 30000000. device="),
        ("vgg16", {}, "it has 138357544 parameters, but should have at most 30000000."),
    ],
)
def test_what_cannot_be_built_is_named(name, options, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        models.build(name, **options)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([], "layers: [] should be a list of [kind, options]."),
        ("Linear", "layers: 'Linear' should be a list of [kind, options]."),
        ([["ReLU"], 3], "layers[1]: 3 should be a list of [kind, options]."),
        ([["Conv2", {}]], 'layers[0]: there is no layer "Conv2". Did you mean "Conv2d"?'),
        ([["LSTM", {}]], 'layers[0]: there is no layer "LSTM".'),
        (
            [[["Linear", {"in_feature": 3}]]],
            'layers[0][0] (Linear): there is no option "in_feature". Did you mean "in_features"?',
        ),
        ([["Linear", {"in_features": 3}]], "layers[0]: Linear does not take {'in_features': 3}: "),
    ],
)
def test_layers_that_cannot_be_built_are_named(layers, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        models.build("sequential", layers=layers)


def test_a_size_too_large_is_refused_before_it_is_allocated():
    layers = [["Linear", {"in_features": 10**6, "out_features": 10**6}]]
    with pytest.raises(ValueError, match="it has 1000001000000 parameters"):
        models.build("sequential", layers=layers)

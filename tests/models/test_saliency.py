"""Networks to explain: their weights are the given ones, and one ReLU is called twice."""

from __future__ import annotations

import pytest
import torch

from autograder import models

FIRST = [[1, -2, 0, 3], [-1, 1, 2, 0]]
SECOND = [[1, 2], [0, -1], [3, 0]]


def test_one_matrix_makes_linear_scores():
    model = models.build("dense_scores", matrices=[FIRST], dtype="float64")
    image = torch.tensor([[[[1.0, 2], [3, 4]]]], dtype=torch.float64)
    assert model(image).tolist() == [[9.0, 7.0]]
    assert [name for name, _ in model.named_children()] == ["flatten", "fc1"]


def test_a_relu_stands_between_two_matrices():
    model = models.build("dense_scores", matrices=[FIRST, SECOND])
    image = torch.tensor([[[[0.0, 2], [3, 0]]]])
    assert model(image).tolist() == [[16.0, -8.0, 0.0]]
    assert [name for name, _ in model.named_children()] == ["flatten", "fc1", "relu1", "fc2"]


def test_given_matrices_travel_in_the_recipe():
    model = models.build("dense_scores", matrices=[FIRST], device="meta")
    recipe = models.recipe_of(model)
    assert recipe == models.Recipe("dense_scores", {"matrices": [FIRST], "device": "meta"})
    assert all(tensor.is_meta for tensor in model.parameters())


@pytest.mark.parametrize("inplace", [False, True])
def test_one_relu_is_called_twice(inplace):
    model = models.build("relu_reused", inplace=inplace, training=False)
    calls = []
    model.relu.register_forward_hook(lambda *_: calls.append(1))
    assert model(torch.zeros(2, 3, 6, 5)).shape == (2, 5)
    assert len(calls) == 2

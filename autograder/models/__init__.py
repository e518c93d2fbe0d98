"""Networks by name: what is not data is named, and both sides build the same from it."""

from autograder.models.building import build
from autograder.models.fetching import fetch
from autograder.models.recipe import Recipe, recipe_of

__all__ = ["Recipe", "build", "fetch", "recipe_of"]

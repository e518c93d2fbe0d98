"""Data sets by name: the embedded digits, and the real thing under the same calls."""

from autograder.data.clutter import clutter, clutter_pairs
from autograder.data.dataset import Dataset, Split
from autograder.data.integrity import DataError
from autograder.data.loading import fetch, load, require
from autograder.data.photographs import image_folder
from autograder.data.places import local_folder
from autograder.data.tab_separated import Corpus, read_pairs
from autograder.data.transduction import pairs, spelled

__all__ = [
    "Corpus",
    "DataError",
    "Dataset",
    "Split",
    "clutter",
    "clutter_pairs",
    "fetch",
    "image_folder",
    "load",
    "local_folder",
    "pairs",
    "read_pairs",
    "require",
    "spelled",
]

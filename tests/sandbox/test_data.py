"""Data and thresholds in a check: the test part stays with the grader, numbers are told."""

from __future__ import annotations

import types

import pytest

from autograder.data import places
from autograder.errors import ConfigError
from autograder.grade import Desk, shown_to_workers
from autograder.layout import PACKAGE_ROOT, Layout
from autograder.model import Outcome, Step

READS = """
@task("a")
def check_data(student, dataset):
    '''the labels of the test part are here'''
    images, labels, _ = dataset("test")
    assert_equal(student.count(images), len(labels), call("count"))
    assert_equal(len(labels) > 100, True, call("count"))
"""
COUNTS = "def count(images):\n    return len(images)\n"
MEASURES = """
@task("a")
def check_accuracy(student, threshold):
    '''the accuracy is high'''
    assert_reaches(student.accuracy(), threshold("accuracy"), call("accuracy"))
"""
NO_GRAD = """
@task("a")
def check_no_grad(student):
    '''passed'''
    with torch.no_grad():
        assert_equal(student.records(), False, call("records"))
    assert_equal(student.records(), True, call("records"))

@task("a")
def check_graph(student):
    '''failed'''
    assert_no_graph(student.leaf(), call("leaf"), what="the map")
"""
RECORDS = """
import torch

def records():
    return torch.is_grad_enabled()

def leaf():
    return torch.ones(2, requires_grad=True)
"""


def test_a_check_has_the_chosen_data(toys):
    (result,) = toys.results(COUNTS, READS).values()
    assert result.outcome is Outcome.PASSED, result.message


def test_data_that_is_not_there_is_told_before_anything_is_graded(toys):
    with pytest.raises(ConfigError, match=r'no data set "digit".* Did you mean "digits"\?'):
        toys.events(toys.job(COUNTS, READS, data="digit"))


def test_a_worker_reads_the_embedded_data_but_not_its_test_part(toys, tier, tmp_path):
    labelled = tmp_path / "MNIST" / "raw"
    labelled.mkdir(parents=True)
    weights = tmp_path / "resnet18.safetensors"
    for file in (labelled / "t10k-labels-idx1-ubyte.gz", weights):
        file.write_bytes(b"x")
    launcher = types.SimpleNamespace(data_folder=tmp_path)
    visible = shown_to_workers(Desk(None, Layout(PACKAGE_ROOT), launcher))
    mine = [str(places.EMBEDDED / "digits.safetensors"), str(weights)]
    hidden = [
        str(places.HELD_OUT / "digits.safetensors"),
        str(labelled / "t10k-labels-idx1-ubyte.gz"),
    ]
    opens = (
        "def probe(paths):\n"
        "    found = []\n"
        "    for path in paths:\n"
        "        try:\n"
        "            open(path, 'rb').close()\n"
        "            found.append(path)\n"
        "        except OSError:\n"
        "            pass\n"
        "    return found\n"
    )
    assert toys.value(opens, mine + hidden, visible=visible, tiers=(tier,)) == mine


def test_a_number_held_against_a_threshold_is_told_by_name(toys):
    job = toys.job("def accuracy():\n    return 0.75\n", MEASURES)
    (task,) = job.assignment.tasks
    steps = (Step(at_least=0.5, share=0.5), Step(at_least=0.9, share=1))
    tasks = (task.model_copy(update={"thresholds": {"accuracy": steps}}),)
    assignment = job.assignment.model_copy(update={"tasks": tasks})
    events = toys.events(job.model_copy(update={"assignment": assignment}))
    (told,) = [event for event in events if event.kind == "measured"]
    assert (told.task, told.threshold, told.value) == ("a", "accuracy", 0.75)


def test_a_call_records_gradients_where_the_check_does(toys):
    found = toys.results(RECORDS, NO_GRAD)
    assert found["check_no_grad"].outcome is Outcome.PASSED
    assert found["check_graph"].outcome is Outcome.FAILED
    assert found["check_graph"].message == ("leaf: map.requires_grad is True, but should be False")

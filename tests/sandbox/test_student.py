"""`student` in a check: as if it were a module, though it lives in another process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.model import Outcome

CHECKS = """
from autograder import models

X = torch.arange(6.0).reshape(2, 3)

@task("a")
def check_function(student):
    '''passed'''
    assert_close(student.double(X), 2 * X, call("double"))
    assert_close(student.double(x=X), 2 * X, call("double"))
    assert_equal(student.double.__name__, "double", call("double"))

@task("a")
def check_plain_data(student):
    '''passed'''
    for value in (None, True, 1, 1.5, "x", [1, "a"], (1, (2,)), {"a": [1], 2: None}):
        got = student.remember(value) and student.double(1) and student.kinds(value)
        assert_equal(got, [type(value).__name__], call("kinds"))

@task("a")
def check_records(student):
    '''passed'''
    pair = student.pair(X)
    assert_record_fields(pair, ["left", "right"], call("pair"))
    assert_close(pair.right[1], X, call("pair"))
    assert_equal(student.row().name, "a", call("row"))

@task("a")
def check_class_and_handle(student):
    '''passed'''
    layer = student.Scale(3, factor=4.0)
    assert_close(layer(X), 4 * X, call("Scale"))
    assert_close(layer.forward(X), 4 * X, call("Scale"))
    assert_close(layer.twice(X, offset=1), 16 * X + 1, call("twice"))
    assert_equal(layer.size, 3, call("Scale"))
    assert_equal(repr(layer), "<Scale of the submission>", call("Scale"))

@task("a")
def check_parameters_and_buffers(student):
    '''passed'''
    layer = student.Scale()
    layer(X)
    assert_close(parameters(layer)["weight"], torch.full((3,), 2.0), call("Scale"))
    assert_close(buffers(layer)["calls"], torch.ones(()), call("Scale"))
    load(layer, {"weight": torch.ones(3)})
    assert_close(layer(X), X, call("Scale"))

@task("a")
def check_handle_as_an_argument(student):
    '''passed'''
    assert_close(student.scale_of(student.Scale(), X), 6 * X, call("scale_of"))

@task("a")
def check_state(student):
    '''passed'''
    layer = student.Scale()
    before = state_of(layer)
    student.scale_of(layer, X)
    assert_equal(before == state_of(layer), False, call("Scale"))

@task("a")
def check_vjp(student):
    '''passed'''
    x, y = torch.ones(2, dtype=torch.float64), torch.zeros(3)
    of_x, of_y = vjp(student.square_sum, (x, y), (torch.tensor(1.0, dtype=torch.float64), None))
    assert_close(of_x, 2 * x, call("square_sum"))
    assert_close(of_y, torch.full((3,), 3.0), call("square_sum"))
    assert_equal(vjp(student.unused, (x, y), x)[1], None, call("unused"))
    assert_close(vjp(student.Scale(2), (torch.ones(2),), torch.ones(2))[0], torch.full((2,), 2.0),
                 call("Scale"))

@task("a")
def check_layout_of_arguments(student):
    '''passed'''
    assert_equal(student.layout(X.T), [False, [1, 3], False], call("layout"))
    assert_equal(student.layout(X[0].expand(4, 3)), [False, [0, 1], False], call("layout"))
    assert_equal(student.layout(X.clone().requires_grad_()), [True, [3, 1], True], call("layout"))

@task("a")
def check_dtype_device_generator(student, device):
    '''passed'''
    y, dtype, place = student.dtype_of(X, torch.float16, device)
    assert_dtype(y, torch.float16, call("dtype_of"))
    assert_equal((dtype, place) == (torch.float16, device), True, call("dtype_of"))
    expected = torch.rand(3, generator=torch.Generator().manual_seed(3))
    got = student.drawn_by(torch.Generator().manual_seed(3))
    assert_close(got, expected, call("drawn_by"))

@task("a")
def check_network_by_name(student):
    '''passed'''
    model = models.build("call_order")
    expected = sum(p.numel() for p in model.parameters())
    assert_equal(student.count_weights(model), expected, call("count_weights"))
    assert_equal(student.count_weights(model), expected, call("count_weights"))

@task("a")
def check_keeps_its_state_between_calls(student):
    '''passed'''
    assert_equal([student.remember(1), student.remember(2)], [1, 2], call("remember"))

@task("a")
def check_starts_afresh_in_the_next_check(student):
    '''passed'''
    assert_equal(student.remember(1), 1, call("remember"))

@task("draws")
@pytest.mark.parametrize("number", [1, 2])
def check_random_numbers(student, number, rng):
    '''tells what is drawn'''
    raise CheckFailed(json.dumps([student.draws(), rng.normal(2).tolist()]))

@task("draws")
def check_random_numbers_again(student, rng):
    '''tells what is drawn'''
    raise CheckFailed(json.dumps([student.draws(), rng.normal(2).tolist()]))

@task("a")
def check_raises(student):
    '''passed'''
    with raises(LookupError, call("refuse")):
        student.refuse()
    with raises(ValueError, call("fail")):
        student.Scale().fail()

@task("a")
def check_missing_function(student):
    '''failed'''
    student.duoble(X)

@task("a")
def check_missing_without_a_neighbour(student):
    '''failed'''
    student.zzzzzz

@task("a")
def check_missing_method(student):
    '''failed'''
    student.Scale().twise(X)

@task("a")
def check_private_name(student):
    '''passed'''
    assert_equal(hasattr(student, "_Hidden"), False, call("student"))

@task("a")
def check_exception(student):
    '''error'''
    student.deep_failure(2)

@task("a")
def check_exception_of_its_own(student):
    '''error'''
    student.refuse()

@task("a")
def check_exception_in_a_method(student):
    '''error'''
    student.Scale().fail()

@task("a")
def check_wrong_arguments(student):
    '''error'''
    student.double(X, X)

@task("a")
def check_stub(student):
    '''unwritten'''
    student.unwritten()

@task("a")
def check_untouched(student):
    '''failed'''
    untouched(student.spoil)(X.clone(), {"b": [torch.ones(1), torch.ones(1)]})

@task("a")
def check_arguments_are_copies(student):
    '''passed'''
    x, others = X.clone(), {"b": [torch.ones(1)]}
    student.spoil(x, others)
    assert_close(x, X, call("spoil"))
    assert_close(others["b"][0], torch.ones(1), call("spoil"))

@task("a")
def check_object_that_is_no_data(student):
    '''failed'''
    assert_close(student.something(), X, call("something"))

@task("a")
def check_generator_is_no_list(student):
    '''failed'''
    assert_equal(student.generator(), [0, 1, 2], call("generator"))

@task("a")
def check_data_is_no_function(student):
    '''failed'''
    student.SIZE(X)

@task("a")
def check_class_without_its_arguments(student):
    '''error'''
    student.Row()
"""
MESSAGES = {
    "check_missing_function": "toy.py: has no duoble, but should define it",
    "check_missing_without_a_neighbour": "toy.py: has no zzzzzz, but should define it",
    "check_missing_method": "twise, but should define it",
    "check_exception": "(toy.py:{line}, in deep_failure: `return torch.ones(2) @ torch.ones(3)`)",
    "check_exception_of_its_own": "Refused: not today (toy.py:",
    "check_exception_in_a_method": "ValueError: no scale today (toy.py:",
    "check_wrong_arguments": "TypeError: double() takes 1 positional argument but 2 were given",
    "check_stub": "unwritten is still the stub",
    "check_untouched": 'spoil: changed its arguments x and others["b"][0] in place',
    "check_object_that_is_no_data": "something: the result is a _Hidden",
    "check_generator_is_no_list": "generator",
    "check_data_is_no_function": "SIZE",
    "check_class_without_its_arguments": "TypeError",
}


@pytest.fixture(scope="module")
def source():
    return (Path(__file__).parent / "submissions" / "module.py").read_text()


@pytest.fixture(scope="module")
def results(toys, source):
    """Every check above, graded once."""
    return toys.results(source, CHECKS)


NAMES = [line.split("(")[0][4:] for line in CHECKS.splitlines() if line.startswith("def check_")]


@pytest.mark.parametrize("name", [name for name in NAMES if "random" not in name])
def test_a_check_comes_to_what_its_sentence_says(name, results):
    result = results[name]
    assert (result.outcome, result.message) == (result.description, result.message)


@pytest.mark.parametrize("name", MESSAGES)
def test_its_message_says_why(name, results, source):
    line = source.splitlines().index("    return torch.ones(2) @ torch.ones(3)") + 1
    assert MESSAGES[name].format(line=line) in results[name].message


def test_a_missing_name_comes_with_the_nearest_one(results):
    assert "is double meant to be duoble?" in results["check_missing_function"].message
    assert "meant" not in results["check_missing_without_a_neighbour"].message


def test_random_numbers_differ_by_check_and_not_by_worker(results):
    first, again = (
        results[name].message for name in ("check_random_numbers", "check_random_numbers_again")
    )
    (students, ours), (students_again, ours_again) = map(json.loads, (first, again))
    assert students == students_again
    assert ours != ours_again


def test_a_regrade_draws_the_same(toys, source, results):
    checks = CHECKS[CHECKS.index('@task("draws")') : CHECKS.index('@task("a")\ndef check_raises')]
    again = toys.results(source, checks)
    assert again["check_random_numbers"].message == results["check_random_numbers"].message


def test_outcomes_are_all_there(results):
    outcomes = {result.outcome for result in results.values()}
    assert outcomes == {Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.UNWRITTEN}

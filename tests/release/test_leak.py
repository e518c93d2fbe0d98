"""Leaks: which lines are distinctive, and where they are found again."""

from __future__ import annotations

import json

import pytest

from autograder.release import leak
from autograder.release.leak import Leak, distinctive_lines, leaks

PATH = "solutions/gan/gan.py"


def region(*lines):
    body = "".join(f"    {line}\n" for line in lines)
    return f"def f(x):\n    pass\n    # BEGIN SOLUTION\n{body}    # END SOLUTION\n"


def test_lines_are_normalised():
    source = region("y=g( x,3 )*z['it']  # said aloud")
    assert distinctive_lines(source, PATH) == {'y = g ( x , 3 ) * z [ " it " ]'}


@pytest.mark.parametrize(
    "line",
    [
        "return answer",
        "y = x + 1",
        "loss.backward()",
        "super().__init__()",
        "for i in range(count): pass",
        "raise ValueError(f'{x} is {y}, but should be {z}')",
        "import torch.nn.functional as anything",
        '"""Explain what the helper does."""',
        "# scores = first @ second.T",
        "if not isinstance(x, int): return None",
    ],
)
def test_lines_of_any_program_are_not_distinctive(line):
    assert distinctive_lines(region("pass", line), PATH) == frozenset()


def test_wrapped_parameters_of_a_helper_are_not_distinctive():
    source = region("def g(", "    images: torch.Tensor,", "):", "    return images")
    assert distinctive_lines(source, PATH) == frozenset()


def test_lines_that_the_reference_also_gives_are_not_distinctive():
    given = "scale = first * second + third\n"
    lines = region("scale = first*second + third", "shift = first - second - third")
    assert distinctive_lines(given + lines, PATH) == {"shift = first - second - third"}


@pytest.mark.parametrize(
    "text",
    [
        "larger = max(first, second)\ndistance = larger - min(first, second)\n",
        "x\ndistance  =  larger-min(first,\n    second)\n",
        "Do\n`distance = larger - min(first, second)` and be done.",
        "a\n# distance = larger - min(first, second)",
        "\n" + json.dumps({"source": ["    distance = larger - min(first, second)\n", "x"]}),
        "\n" + json.dumps({"source": "y\ndistance = larger - min(first, second)\nz"}),
    ],
)
def test_an_answer_is_found_whatever_its_layout(layout, text):
    found = leak.search(layout, "taking", {"notes": text.encode()})
    code = "distance = larger - min ( first , second )"
    assert Leak("notes", 2, "taking", code) in found


def test_quotes_do_not_hide_an_answer(layout):
    notebook = json.dumps(["return distance * scale['gap'] / first"])
    for content in (notebook.encode(), b'return distance * scale["gap"] / first'):
        found = leak.search(layout, "taking", {"notes": content})
        assert [each.code for each in found] == ['return distance * scale [ " gap " ] / first']


def test_part_of_a_word_is_no_leak(layout):
    text = b"my_distance = larger - min(first, second)"
    assert leak.search(layout, "taking", {"notes": text}) == ()


def test_every_file_that_students_receive_is_searched(layout):
    folder = layout.assignment("adding")
    (folder / "deep").mkdir(parents=True)
    (folder / "adding.py").write_text('"""Add."""\n')
    (folder / "deep" / ".hidden.bin").write_bytes(
        b"\xff\n\xfe distance = larger - min(first, second) \x00"
    )
    assert leaks(layout, "adding") == ()
    (found,) = leaks(layout, "taking")
    assert str(found) == (
        "assignments/adding/deep/.hidden.bin:2: holds a line of the solution of taking, "
        'but should not: "distance = larger - min ( first , second )".'
    )


def test_nothing_released_holds_no_answer(layout):
    assert leaks(layout, "adding") == ()


def test_words_in_formatted_text_do_not_count():
    assert distinctive_lines(region("y = f'{one} {two} {three} {four}'"), PATH) == frozenset()

"""Regions: what is found, and every refusal with its line and its whole sentence."""

from __future__ import annotations

import pytest

from autograder.errors import ReleaseError
from autograder.release.regions import find

PATH = "solutions/gan/gan.py"


def found(source):
    return [
        (region.begin, region.end, region.owner, region.in_function)
        for region in find(source, PATH)
    ]


def refusal(source):
    with pytest.raises(ReleaseError) as caught:
        find(source, PATH)
    assert (str(caught.value.path), caught.value.exit_code) == (PATH, 2)
    return str(caught.value)


def in_function(*lines):
    """A function on line 1 with a first statement on line 2; `lines` follow from line 3."""
    return "\n".join(["def f(x):", "    y = x", *(f"    {line}" for line in lines)]) + "\n"


def test_regions_are_found_in_order_with_their_owners():
    source = """\
# BEGIN SOLUTION
import math
# END SOLUTION
class A:
    \"\"\"Doc.\"\"\"

    def f(self):
        # BEGIN SOLUTION
        return math.pi
        # END SOLUTION

    # BEGIN SOLUTION
    def _g(self):
        return 1
    # END SOLUTION


def outer():
    def inner():
        # BEGIN SOLUTION
        return 2
        # END SOLUTION

    return inner
"""
    assert found(source) == [
        (1, 3, "", False),
        (8, 10, "A.f", True),
        (12, 15, "A", False),
        (20, 22, "outer.inner", True),
    ]


def test_a_region_may_stand_in_any_block_of_a_function():
    source = """\
async def f(x):
    if x:
        return 1
    else:
        # BEGIN SOLUTION
        y = 2
        return y
        # END SOLUTION
    try:
        # BEGIN SOLUTION
        match x:
            case 1:
                pass
        # END SOLUTION
    except ValueError:
        # BEGIN SOLUTION
        @staticmethod
        def g():
            pass
        # END SOLUTION
    match x:
        case 2:
            # BEGIN SOLUTION
            pass
            # END SOLUTION
"""
    assert [begin for begin, *_ in found(source)] == [5, 10, 16, 23]


def test_marker_words_in_strings_and_docstrings_are_no_markers():
    source = '''\
def f():
    """Explain.

    # BEGIN SOLUTION
    """
    text = """
# END SOLUTION
"""
    # BEGIN SOLUTION
    also = """
    # END SOLUTION
    # BEGIN SOLUTION
"""
    return text + also + "# END SOLUTION"
    # END SOLUTION
'''
    assert found(source) == [(9, 15, "f", True)]


def test_tabs_crlf_and_unicode_are_fine():
    source = "def größe():\r\n\t# BEGIN SOLUTION\r\n\treturn 'é'\r\n\t# END SOLUTION\r\n"
    assert found(source) == [(2, 4, "größe", True)]


def test_form_feeds_and_unicode_line_separators_do_not_shift_lines():
    source = "A = 'x\u2028y'\n\x0c\ndef f():\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n"
    assert found(source) == [(4, 6, "f", True)]


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        (["# END SOLUTION"], 3, "END SOLUTION has no BEGIN SOLUTION."),
        (
            ["# BEGIN SOLUTON", "x = 1", "# END SOLUTION"],
            5,
            'END SOLUTION has no BEGIN SOLUTION; line 3 reads "BEGIN SOLUTON".',
        ),
        (["# BEGIN SOLUTION", "x = 1"], 3, "BEGIN SOLUTION has no END SOLUTION."),
        (
            ["# BEGIN SOLUTION", "x = 1", "# END SOLUTION."],
            3,
            'BEGIN SOLUTION has no END SOLUTION; line 5 reads "END SOLUTION.".',
        ),
        (
            ["# BEGIN SOLUTION", "x = 1", "# BEGIN SOLUTION", "# END SOLUTION"],
            5,
            "BEGIN SOLUTION stands in the region that line 3 begins; regions are not nested.",
        ),
        (
            ["# BEGIN SOLUTION", "x = 1", "#END SOLUTION", "# BEGIN SOLUTION", "# END SOLUTION"],
            6,
            'BEGIN SOLUTION stands in the region that line 3 begins; line 5 reads "#END SOLUTION".',
        ),
        (
            ["x = 1  # BEGIN SOLUTION", "# END SOLUTION"],
            3,
            "BEGIN SOLUTION follows code, but should stand on a line of its own.",
        ),
        (
            ["# BEGIN SOLUTION", "x = 1  # END SOLUTION"],
            4,
            "END SOLUTION follows code, but should stand on a line of its own.",
        ),
        (
            ["x = (", "# BEGIN SOLUTION", "    1", "# END SOLUTION", ")"],
            4,
            "BEGIN SOLUTION stands inside a statement, but a region covers whole statements.",
        ),
        (
            ["# BEGIN SOLUTION", "# a remark", "# END SOLUTION"],
            3,
            "the region holds no statement, but should hold the answer.",
        ),
    ],
)
def test_wrong_markers_are_refused(lines, line, reason):
    assert refusal(in_function(*lines)) == f"{PATH}:{line}: {reason} Nothing was written."


@pytest.mark.parametrize(
    ("comment", "words", "meant"),
    [
        ("# BEGIN SOLUTON", "BEGIN SOLUTON", "BEGIN"),
        ("### BEGIN SOLUTION", "### BEGIN SOLUTION", "BEGIN"),
        ("#BEGIN SOLUTION", "#BEGIN SOLUTION", "BEGIN"),
        ("# begin solution", "begin solution", "BEGIN"),
        ("# Begin solution of im2col", "Begin solution of im2col", "BEGIN"),
        ("# BEGIN_SOLUTION", "BEGIN_SOLUTION", "BEGIN"),
        ("# here: BEGIN SOLUTION", "here: BEGIN SOLUTION", "BEGIN"),
        ("# BEGIN SOLUTION ", "BEGIN SOLUTION ", "BEGIN"),
        ("# START SOLUTION", "START SOLUTION", "BEGIN"),
        ("# END SOLUTION.", "END SOLUTION.", "END"),
        ("# END SOULTION", "END SOULTION", "END"),
        ("# ENDSOLUTION", "ENDSOLUTION", "END"),
        ("# SOLUTION END", "SOLUTION END", "END"),
    ],
)
def test_comments_that_resemble_a_marker_are_refused(comment, words, meant):
    source = in_function("# BEGIN SOLUTION", "x = 1", "# END SOLUTION", comment)
    expected = f'a comment reads "{words}", but should be "# {meant} SOLUTION" or other words.'
    assert refusal(source) == f"{PATH}:6: {expected} Nothing was written."


@pytest.mark.parametrize(
    "comment",
    ["# the solution", "# solution", "# begin with the solution of the system", "# end", "#"],
)
def test_prose_about_solutions_is_no_marker(comment):
    assert len(find(in_function("# BEGIN SOLUTION", comment, "x = 1", "# END SOLUTION"), PATH)) == 1


@pytest.mark.parametrize(
    ("lines", "begin", "cut"),
    [
        (["for i in x:", "    # BEGIN SOLUTION", "    y = i", "z = 1", "# END SOLUTION"], 4, 3),
        (
            [
                "if x:",
                "    # BEGIN SOLUTION",
                "    y = 1",
                "else:",
                "    y = 2",
                "    # END SOLUTION",
            ],
            4,
            3,
        ),
        (["# BEGIN SOLUTION", "if x:", "    y = 1", "    # END SOLUTION", "    y = 2"], 3, 4),
        (["if x:", "    y = 1", "# BEGIN SOLUTION", "else:", "    y = 2", "# END SOLUTION"], 5, 3),
        (
            [
                "match x:",
                "    case 1:",
                "        y = 1",
                "        # BEGIN SOLUTION",
                "    case 2:",
                "        y = 2",
                "        # END SOLUTION",
                "    case 3:",
                "        y = 3",
            ],
            6,
            3,
        ),
        (["# BEGIN SOLUTION", "@cached", "def g():", "    # END SOLUTION", "    pass"], 3, 4),
        (
            [
                "with x:",
                "    # BEGIN SOLUTION",
                "    y = 1",
                "    def g():",
                "        # END SOLUTION",
                "        pass",
            ],
            4,
            6,
        ),
    ],
)
def test_a_region_that_cuts_a_statement_is_refused(lines, begin, cut):
    expected = f"the region cuts the statement that starts on line {cut}."
    assert refusal(in_function(*lines)) == f"{PATH}:{begin}: {expected} Nothing was written."


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        (
            "def f():\n    # BEGIN SOLUTION\n    pass\n# END SOLUTION\n",
            4,
            "END SOLUTION is indented by 0 spaces, but should be by 4 spaces, "
            "like the statements of its region.",
        ),
        (
            "def f():\n # BEGIN SOLUTION\n\tpass\n\t# END SOLUTION\n",
            2,
            "BEGIN SOLUTION is indented by 1 space, but should be by 1 tab, "
            "like the statements of its region.",
        ),
        (
            "A = 1\nif A:\n    # BEGIN SOLUTION\n    B = 1\n    # END SOLUTION\n",
            3,
            "a region outside of a function should stand directly in the module or a class.",
        ),
        (
            "A = 1\n# BEGIN SOLUTION\nB = 1\nfor C in []:\n    pass\n# END SOLUTION\n",
            4,
            "this is no definition; outside of functions a region holds definitions only.",
        ),
        (
            "# BEGIN SOLUTION\nA = 1\n# END SOLUTION\n",
            1,
            "the region holds all of the module, but should leave its docstring outside.",
        ),
        (
            "class A:\n    # BEGIN SOLUTION\n    b = 1\n    # END SOLUTION\n",
            2,
            "the region holds all of class A, but should leave its docstring outside.",
        ),
        (
            "A = 1\n",
            1,
            'no region, but should have at least one: "# BEGIN SOLUTION", the answer, '
            '"# END SOLUTION".',
        ),
        ("A = 1\ndef f(:\n", 2, "the reference does not parse: invalid syntax."),
        (
            "A = 1\0\n",
            1,
            "the reference does not parse: source code string cannot contain null bytes.",
        ),
    ],
)
def test_wrong_places_are_refused(source, line, reason):
    assert refusal(source) == f"{PATH}:{line}: {reason} Nothing was written."

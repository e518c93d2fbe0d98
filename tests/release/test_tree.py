"""The tree that students receive: built, written, compared, and refused as a whole."""

from __future__ import annotations

import pytest

from autograder.errors import ReleaseError
from autograder.release.leak import leaks
from autograder.release.tree import Kind, build, compare, write

SLUGS = ("adding", "taking")
STUB = '''\
"""Add numbers."""


def mean(first, second):
    """Return the mean of two numbers."""
    # TODO: write this function
    raise NotImplementedError("adding.py: mean is not written yet")
'''


def released(layout):
    folder = layout.root / "assignments"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refusal(layout, course, slugs=SLUGS):
    with pytest.raises(ReleaseError) as caught:
        write(layout, course, slugs)
    assert released(layout) == {}
    return str(caught.value)


def test_build_returns_stub_and_readme(layout, course):
    files = build(layout, course, "adding")
    assert list(files) == ["adding.py", "README.md"]
    assert files["adding.py"].decode() == STUB
    readme = files["README.md"].decode()
    assert "# All about adding\n" in readme
    assert (
        "| `mean` | The mean \\| of two | 100 | all of them, if every check passes | 1 | 1 |"
        in (readme)
    )


def test_write_writes_what_build_returns_and_only_once(layout, course):
    changed = write(layout, course, SLUGS)
    assert [layout.shown(path) for path in changed] == [
        "assignments/adding/adding.py",
        "assignments/adding/README.md",
        "assignments/taking/taking.py",
        "assignments/taking/README.md",
    ]
    assert layout.stub("adding").read_bytes() == build(layout, course, "adding")["adding.py"]
    assert len(released(layout)) == 4
    assert compare(layout, course, SLUGS) == ()
    assert [leaks(layout, slug) for slug in SLUGS] == [(), ()]
    assert write(layout, course, SLUGS) == []


def test_write_keeps_to_the_slugs_it_is_given(layout, course):
    write(layout, course, ["taking"])
    assert list(released(layout)) == ["taking/README.md", "taking/taking.py"]


def test_compare_tells_missing_differing_and_extra_files(layout, course):
    write(layout, course, SLUGS)
    layout.readme("adding").unlink()
    stub = layout.stub("taking")
    stub.write_text(stub.read_text().replace("how far", 'how "near"'))
    (layout.assignment("taking") / "notes.txt").write_text("mine")
    (layout.assignment("taking") / "__pycache__").mkdir()
    (layout.assignment("taking") / "__pycache__" / "taking.pyc").write_bytes(b"")
    differences = compare(layout, course, SLUGS)
    assert [each.kind for each in differences] == [Kind.MISSING, Kind.DIFFERS, Kind.EXTRA]
    assert [str(each) for each in differences] == [
        "assignments/adding/README.md: is missing, but should be there [autograder release].",
        r'assignments/taking/taking.py:5: reads "    \"\"\"Return how \"near\" apart '
        r'two numbers are.\"\"\"", but should read "    \"\"\"Return how far apart '
        r'two numbers are.\"\"\"" [autograder release].',
        "assignments/taking/notes.txt: is there, but should not be: no release writes it.",
    ]


@pytest.mark.parametrize(
    ("change", "line", "reads"),
    [
        (lambda data: data.replace(b"\n", b"\r\n"), 1, '"\\"\\"\\"Add numbers.\\"\\"\\"\\r\\n"'),
        (lambda data: data + b"\xff", 8, '"\\\\xff"'),
        (lambda data: b"", 1, '""'),
    ],
)
def test_compare_is_byte_for_byte(layout, course, change, line, reads):
    write(layout, course, SLUGS)
    stub = layout.stub("adding")
    stub.write_bytes(change(stub.read_bytes()))
    (difference,) = compare(layout, course, SLUGS)
    assert str(difference).startswith(f"assignments/adding/adding.py:{line}: reads {reads}, but")


def test_write_leaves_files_that_are_not_its_own(layout, course):
    notes = layout.assignment("adding") / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    write(layout, course, SLUGS)
    assert notes.read_text() == "mine"


def test_one_refused_reference_stops_the_whole_release(layout, course):
    reference = layout.reference("taking")
    reference.write_text(reference.read_text().replace("# BEGIN", "# BEGN"))
    assert refusal(layout, course) == (
        "solutions/taking/taking.py:10: END SOLUTION has no BEGIN SOLUTION; "
        'line 6 reads "BEGN SOLUTION". Nothing was written.'
    )


def test_a_handout_that_holds_an_answer_is_refused(layout, course):
    layout.handout("adding").write_text("# Adding\n\n    distance = larger-min( first,second )\n")
    assert refusal(layout, course, ["adding"]) == (
        "assignments/adding/README.md:5: holds a line of the solution of taking, but should not: "
        '"distance = larger - min ( first , second )". Nothing was written.'
    )


@pytest.mark.parametrize("name", ["handout", "reference"])
def test_a_missing_source_is_refused(layout, course, name):
    path = getattr(layout, name)("adding")
    path.unlink()
    expected = f"{layout.shown(path)}:1: there is no such file, but a release needs it."
    assert refusal(layout, course) == f"{expected} Nothing was written."


def test_a_source_that_is_not_utf8_is_refused(layout, course):
    layout.handout("adding").write_bytes(b"# Adding\n\n\xff")
    expected = "solutions/adding/handout.md:3: the text is not UTF-8, but should be."
    assert refusal(layout, course) == f"{expected} Nothing was written."

"""What the command line says of itself and of the course, on a terminal and in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest

from .conftest import COMMAND, TESTS, environment

VERBS = ("list", "check", "grade", "fetch", "release", "verify", "calibrate", "doctor")


def on_a_terminal(*words, cwd):
    """Return what a run writes where a terminal shows it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words],
        cwd=cwd,
        env=environment(TERM="xterm-256color"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
        process.wait()
    os.close(ours)
    return shown.decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # the last writer has hung up
        return b""


def test_help_names_every_verb(autograder):
    ran = autograder("--help")
    assert ran.code == 0
    for verb in VERBS:
        assert f"│ {verb} " in ran.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_for_each_verb(autograder, verb):
    ran = autograder(verb, "--help")
    assert ran.code == 0
    assert f"Usage: autograder {verb}" in ran.out
    assert f"Example: autograder {verb}" in ran.out


def test_no_verb_gives_the_help(autograder):
    ran = autograder()
    assert ran.code == 2
    assert "Usage: autograder" in ran.out


def test_unknown_verb_is_wrong_usage(autograder):
    ran = autograder("grad")
    assert ran.code == 2
    assert "No such command 'grad'" in ran.err


def test_completion_script_can_be_shown(autograder):
    # The shell is told, not guessed from the parent process: that may be make's.
    ran = autograder("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert ran.code == 0
    assert "_AUTOGRADER_COMPLETE=complete_bash" in ran.out
    assert "complete -o default -F _autograder_completion autograder" in ran.out


def test_completion_lists_the_verbs(autograder):
    asked = {
        "_AUTOGRADER_COMPLETE": "complete_bash",
        "COMP_WORDS": "autograder ",
        "COMP_CWORD": "1",
    }
    ran = autograder(**asked)
    assert ran.code == 0
    assert ran.out.split() == list(VERBS)


def test_list_shows_the_assignments(autograder):
    ran = autograder("list")
    assert (ran.code, ran.err) == (0, "")
    assert "A tiny course" in ran.out
    assert ["toy", "Rectangles", "3", "10"] in [line.split() for line in ran.out.splitlines()]


def test_list_shows_one_assignment(autograder):
    ran = autograder("list", "toy")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ran.code == 0
    assert ["area", "The", "area", "4", "all", "1", "2"] in rows
    assert ["call_s", "2"] in rows
    assert ["reference", "solutions/toy/toy.py", "there"] in rows
    assert ["stub", "assignments/toy/toy.py", "not", "in", "this", "tree"] in rows


def test_list_shows_titles_in_brackets_whole(autograder, root):
    grading = root / "grading.yml"
    text = grading.read_text().replace("A tiny course", "'A [bold] course'")
    grading.write_text(text.replace("title: The area", "title: 'The [area]'"))
    assert "A [bold] course" in autograder("list").out
    assert "The [area]" in autograder("list", "toy").out


def test_list_suggests_the_nearest_name(autograder):
    ran = autograder("list", "tyo")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'tyo: is no assignment, but should be "toy".\n'


def test_what_a_stream_cannot_encode_is_escaped(autograder):
    ran = autograder("list", "töy", PYTHONIOENCODING="ascii")
    assert ran.code == 2
    assert ran.err == 't\\xf6y: is no assignment, but should be "toy".\n'


def test_a_broken_configuration_is_wrong_usage(autograder, root):
    grading = root / "grading.yml"
    grading.write_text(grading.read_text().replace("points: 4", "pionts: 4"))
    ran = autograder("list")
    assert ran.code == 2
    assert "grading.yml" in ran.err
    assert '"points"' in ran.err


def test_outside_a_course_the_one_of_the_package_is_meant(autograder, tmp_path):
    ran = autograder("list", cwd=tmp_path)
    assert ran.code == 0
    assert "conv_as_matrix" in ran.out


def test_the_real_course_is_listed(autograder):
    ran = autograder("list", "conv_as_matrix", cwd=TESTS)
    assert ran.code == 0
    assert "Convolution as a matrix" in ran.out


def test_colours_on_a_terminal_only(root):
    assert "\x1b[1m" in on_a_terminal("list", cwd=root)


def test_a_check_shows_its_progress_on_a_terminal(root):
    shown = on_a_terminal("check", "solutions/toy", cwd=root)
    assert "0/3" in shown
    assert "Score 10 of 10" in shown
    assert "\x1b[32m4 of 4" in shown

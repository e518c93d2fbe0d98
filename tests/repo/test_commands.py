"""Every command of the README and the docs runs, and prints what is shown below it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SLUG = "conv_as_matrix"
CHECKS = f"autograder/checks/{SLUG}/check_public.py"


class Run(NamedTuple):
    """Run in a copy of the tree; these exit codes are right."""

    codes: tuple[int, ...] = (0,)
    slow: bool = False


class Target(NamedTuple):
    """A target of the Makefile, which CI or a person runs for real; here only looked up."""


class Unrun(NamedTuple):
    """Not run here, and why not."""

    reason: str


# On the stub, and on a submission that loses points, a command ends with 1.
COMMANDS: dict[str, Run | Target | Unrun] = {
    "make": Run(),
    **{
        f"make {name}": Target()
        for name in (
            *("bench", "demo", "lint", "release", "setup"),
            *("test", "test-slow", "types", "verify"),
        )
    },
    "autograder list": Run(),
    f"autograder list {SLUG}": Run(),
    f"autograder check {SLUG}": Run((1,)),
    f"autograder check {SLUG} --task output_size": Run((1,)),
    f"autograder grade {SLUG} solutions/{SLUG} --html report.html --report report.json": Run(),
    f"autograder grade {SLUG} examples/cheat --report cheat.json --format markdown": Run((1,)),
    f"autograder grade {SLUG} examples/cheat --reveal": Run((1,)),
    f"autograder grade {SLUG} examples/cheat --isolation none": Run(),
    "autograder release": Run(),
    "autograder release --check": Run(),
    f"autograder verify {SLUG}": Run(slow=True),
    "autograder verify": Unrun("`make verify` is the same, and CI runs it"),
    "autograder doctor": Run((0, 1)),
    "autograder calibrate fgsm": Unrun("takes minutes; tests/cli calibrates a small course"),
    "autograder fetch squeezenet1_0": Unrun("needs the network; tests/models fakes it"),
    "python docs/worked_example.py": Run(),
    "python datasets/explain_photographs.py": Unrun("needs weights; tests/data has random ones"),
    "autograder fetch mnist": Unrun("needs the network; tests/data has a download of its own"),
    "autograder grade fgsm solutions/fgsm --data mnist": Unrun("needs what was fetched"),
    "python datasets/make_digits.py": Run(),
    "python datasets/train_networks.py": Run(slow=True),
    "autograder --install-completion": Unrun("writes into the start-up file of a shell"),
    f"python -m pytest {CHECKS}": Run((1,)),
    f"python -m pytest {CHECKS} -k output_size --pdb": Unrun("waits for a person"),
    ".ci/run": Unrun("runs these tests"),
    ". .venv/bin/activate": Unrun("speaks to the shell that it is typed into"),
    "python -m pip install --constraint constraints.txt --editable .": Unrun("`make setup` does"),
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0": Unrun("changes the machine"),
}

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)
_SHELLS = {"bash", "console", "sh", "shell"}
_PROMPT = "$ "
_SECONDS = re.compile(r"\d+(\.\d+)? s\b")


class Shown(NamedTuple):
    """A command as a page shows it, with what the page says it prints."""

    page: str
    command: str
    printed: tuple[str, ...]


def shown_in(page: str, text: str) -> Iterator[Shown]:
    """Yield the commands of a page's console blocks."""
    for language, block in _FENCED.findall(text):
        if language in _SHELLS:
            for part in re.split(r"^ *\$ ", block, flags=re.MULTILINE)[1:]:
                command, *printed = part.splitlines()
                yield Shown(page, command.strip(), tuple(line for line in printed if line.strip()))


def _pages() -> dict[str, str]:
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"]
    found += [ROOT / "datasets" / "README.md"]
    found += sorted((ROOT / "docs").glob("*.md"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


SHOWN = [one for page, text in _pages().items() for one in shown_in(page, text)]
RUN = [
    pytest.param(command, way, marks=[pytest.mark.slow] if way.slow else [], id=command)
    for command, way in COMMANDS.items()
    if isinstance(way, Run)
]


@pytest.fixture(scope="module")
def copy(tracked, tmp_path_factory) -> Path:
    """Return a copy of the tree in which a command may write."""
    folder = tmp_path_factory.mktemp("tree")
    for path in tracked:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, folder / path)
    return folder


def test_pages_show_known_commands_and_all_of_them():
    assert {one.command for one in SHOWN} == COMMANDS.keys()


def test_a_command_is_typed_after_a_prompt():
    silent = [
        f"{page}: {block}"
        for page, text in _pages().items()
        for language, block in _FENCED.findall(text)
        if language in _SHELLS and not block.lstrip(" ").startswith(_PROMPT)
    ]
    assert silent == []


def test_the_readme_begins_with_demo_and_test():
    assert [one.command for one in SHOWN if one.page == "README.md"][:2] == [
        "make demo",
        "make test",
    ]


def test_a_seeded_command_is_found_with_what_it_prints():
    text = "```console\n$ autograder lost\nno\n\n$ ls\n```\n```python\n$ x\n```\n"
    assert list(shown_in("one.md", text)) == [
        Shown("one.md", "autograder lost", ("no",)),
        Shown("one.md", "ls", ()),
    ]


@pytest.mark.parametrize(
    "command", [command for command, way in COMMANDS.items() if isinstance(way, Target)]
)
def test_target_is_there(copy, command):
    subprocess.run([*shlex.split(command), "--dry-run"], cwd=copy, capture_output=True, check=True)


@pytest.mark.parametrize(("command", "way"), RUN)
def test_command_runs_and_prints_what_is_shown(copy, command, way):
    done = called(copy, command)
    assert done.returncode in way.codes, done.stderr + done.stdout
    printed = [plain(line) for line in (done.stdout + done.stderr).splitlines()]
    expected = [line for one in SHOWN if one.command == command for line in one.printed]
    assert [text for text in expected if not any(plain(text) in line for line in printed)] == []


def called(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Call a command as a person would in `folder`, with this Python's programs."""
    programs = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def plain(line: str) -> str:
    """Return a line without what differs from run to run: its spacing and its seconds."""
    return " ".join(_SECONDS.sub("N s", line).split())

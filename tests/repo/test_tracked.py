"""What a clone holds belongs to this project and to no one machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import autograder

# Spelt in parts, for this file is searched too.
MACHINE_PATHS = ("work/", "root/", "home/", "Users/")
# Hostile code reaches for other people's homes.
MAY_NAME_HOMES = ("tests/attacks/", "tests/hostile/", "tests/sandbox/")
REGISTRIES = ("py" + "pi", "python" + "hosted", "conda.an" + "aconda", "download.py" + "torch")
KNOWN_HOSTS = {"docs.pytest.org", "json-schema.org"}
# Example hosts that are never asked: RFC 2606, and the hostile strings of tests.
NO_HOSTS = re.compile(r"(.+\.)?(example|invalid|test)(\.(com|org|net))?|x")

_MACHINE = re.compile(r"(?<![\w.<{}\])/-])/(" + "|".join(MACHINE_PATHS) + r")[\w.-]")
_REGISTRY = re.compile("|".join(re.escape(name) for name in REGISTRIES), re.IGNORECASE)
_ADDRESS = re.compile(r"https?://([\w.-]+)")
LARGEST_BYTES = 500_000


def test_no_file_names_a_machine_a_registry_or_an_unknown_host(root, tracked):
    assert list(strangers(root, tracked)) == []


def test_seeded_strangers_are_named(tmp_path):
    lines = ["see /" + "work/main", "from " + "Py" + "PI", "http://" + "somewhere.io/x", "fine"]
    (tmp_path / "one.md").write_text("\n".join(lines), encoding="utf-8")
    found = [
        f"one.md:1: /{'work'}/m",
        f"one.md:2: {'Py' + 'PI'}",
        "one.md:3: " + "http://" + "somewhere.io",
    ]
    assert list(strangers(tmp_path, ["one.md"])) == found


def test_constraints_are_names_and_versions(root):
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    entry = re.compile(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!]+( ?;.+)?|#.*|")
    assert [line for line in lines if not entry.fullmatch(line)] == []
    assert any(line.startswith("torch==") for line in lines)


def test_files_are_small(root, tracked):
    assert [file for file in tracked if (root / file).stat().st_size > LARGEST_BYTES] == []


def test_no_cache_or_build_is_tracked(tracked):
    unwanted = {"__pycache__", "build", "dist", ".venv"}
    assert [file for file in tracked if unwanted & set(file.parts)] == []


def test_the_version_is_the_newest_of_the_changelog(root):
    text = (root / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text, flags=re.MULTILINE)
    assert versions[0] == autograder.__version__
    assert (
        versions == sorted(versions, key=lambda one: [int(part) for part in one.split(".")])[::-1]
    )


def test_the_map_of_the_tests_names_every_folder(root, tracked):
    named = re.findall(
        r"^\| `(\w+)/` \|", (root / "tests/README.md").read_text("utf-8"), re.MULTILINE
    )
    found = {path.parts[1] for path in tracked if path.parts[0] == "tests" and len(path.parts) > 2}
    assert found <= set(named)


def strangers(root: Path, files: Iterable[Path | str]) -> Iterator[str]:
    for file in map(str, files):
        for number, line in enumerate(text_of(root / file).splitlines(), 1):
            found = [*_REGISTRY.finditer(line), *addresses(line)]
            if not file.startswith(MAY_NAME_HOMES):
                found += _MACHINE.finditer(line)
            yield from (f"{file}:{number}: {one.group()}" for one in found)


def addresses(line: str) -> Iterator[re.Match[str]]:
    for found in _ADDRESS.finditer(line):
        host = found.group(1).rstrip(".")
        if host not in KNOWN_HOSTS and not NO_HOSTS.fullmatch(host):
            yield found


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="ignore")

"""Reads a YAML file as plain data that still knows the line of each entry."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from autograder.errors import ConfigError

LARGEST_BYTES = 1_000_000
_DEEPEST = 20
_LONGEST_INTEGER = 18

# YAML 1.2's core schema, as editors read it: `no` is text, `1e-4` a number, `1:30` not one.
_NULL = re.compile(r"|~|null|Null|NULL")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

Place = tuple[str | int, ...]


@dataclass
class Document:
    """The data of a file, the line of each entry by its place, and the faults found so far."""

    name: str
    data: object = None
    lines: dict[Place, int] = field(default_factory=lambda: {(): 1})
    faults: list[tuple[int, str]] = field(default_factory=list)

    def blame(self, place: Place, sentence: str, line: int | None = None) -> None:
        """Note a fault of the entry at `place`; its line is that entry's unless told."""
        where = f"{shown(place)}: " if place else ""
        self.faults.append((line or self.lines[place], where + sentence))

    def error(self) -> ConfigError:
        """Return all faults as one error, a line each, in order of the file."""
        ordered = sorted(self.faults, key=lambda fault: fault[0])
        return ConfigError("\n".join(f"{self.name}:{line}: {text}" for line, text in ordered))


def shown(place: Place) -> str:
    """Return a place as messages show it: `assignments.conv.files[0]`."""
    return "".join(map(_shown_part, place)).removeprefix(".")


def read(path: Path) -> Document:
    """Return the data of a YAML file; repeated keys are among the document's faults."""
    document = Document(path.name)
    node = _composed(_text(path), path.name)
    if node is not None:
        document.data = _plain(node, (), document)
    return document


class _Loader(yaml.BaseLoader):
    """Composes nodes without aliases, tags and deep nesting: none has a use here."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # a gap in the stubs
        self.depth += 1
        if refusal := self._refusal(event):
            mark: yaml.Mark | None = event.start_mark  # type: ignore[assignment]  # no C loader here
            raise yaml.MarkedYAMLError(problem=refusal, problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refusal(self, event: yaml.Event) -> str:
        if getattr(event, "anchor", None) is not None:
            return "an anchor or alias stands here, but everything should be written out"
        if getattr(event, "tag", None) is not None:
            return "a tag stands here, but there should be plain data"
        if _HALF_CHARACTER.search(getattr(event, "value", None) or ""):
            return "the text has half of a character, but should be UTF-8"
        if self.depth > _DEEPEST:
            return f"the nesting is deeper than {_DEEPEST}, but should be less"
        return ""


def _composed(text: str, name: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(f"{name}:{mark.line + 1 if mark else 1}: {said}.") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"the character {int(error.character):#04x} stands here, but should be escaped"
        raise ConfigError(f"{name}:{line}: {problem}.") from error
    return node


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        return _decoded(data, path.name)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}, but should be a file of YAML.") from error


def _decoded(data: bytes, name: str) -> str:
    if len(data) > LARGEST_BYTES:
        raise ConfigError(f"{name}: is larger than {LARGEST_BYTES} bytes, but should be smaller.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte {data[error.start]:#04x} stands here"
        raise ConfigError(f"{name}:{line}: {found}, but the file should be UTF-8.") from error


def _plain(node: yaml.Node, place: Place, document: Document) -> object:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return _sequence(node, place, document)
    quoted = isinstance(node, yaml.ScalarNode) and node.style is not None
    return node.value if quoted else _resolved(node.value)


def _mapping(node: yaml.MappingNode, place: Place, document: Document) -> dict[str, object]:
    data: dict[str, object] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            document.blame(place, "a key is a list or a mapping, but should be a name.", line)
        elif key.value in data:
            first = document.lines[(*place, key.value)]
            again = f"{_shown_key(key.value)} stands here again (first on line {first})"
            document.blame(place, f"{again}, but should stand once.", line)
        else:
            document.lines[(*place, key.value)] = line
            data[key.value] = _plain(value, (*place, key.value), document)
    return data


def _sequence(node: yaml.SequenceNode, place: Place, document: Document) -> list[object]:
    data = []
    for index, item in enumerate(node.value):
        document.lines[(*place, index)] = item.start_mark.line + 1
        data.append(_plain(item, (*place, index), document))
    return data


def _resolved(text: str) -> str | float | bool | None:
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.lower().replace(".", "")) if _NOT_FINITE.fullmatch(text) else text


def _shown_part(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{_shown_key(part)}"


def _shown_key(key: str) -> str:
    return key if re.fullmatch(r"[\w.-]{1,80}", key) else json.dumps(key[:80])

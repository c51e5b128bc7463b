"""Reads `.proto` files as they are written: definitions, with the comments before and behind them.

A line that it does not understand is an error: a page that leaves out what a file says would look whole.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

OPENING = re.compile(r"(message|enum|service|oneof)\s+(\w+)\s*\{(\s*\})?")
RPC = re.compile(r"rpc\s+(\w+)\s*\(\s*(stream\s+)?([\w.]+)\s*\)\s*returns\s*\(\s*(stream\s+)?([\w.]+)\s*\)\s*(;|\{\s*\}|\{)")
MEMBER = re.compile(
    r"(?:(?P<type>(?:repeated |optional )?(?:map<[^>]+>|[\w.]+)) )?(?P<name>\w+) = (?P<number>\w+)(?: \[.*\])?;"
)
SKIPPED = re.compile(r"(syntax|package|import|option|reserved|extensions)\b.*;")


@dataclass
class Definition:
    """A message, enum, service, oneof, RPC, field or value. `text`: its comments. `type`: of a field; of an RPC, what it takes
    and gives."""

    kind: str
    name: str
    text: str = ""
    type: str = ""
    number: str = ""
    members: list["Definition"] = field(default_factory=list)


@dataclass
class ProtoFile:
    name: str
    text: str
    definitions: list[Definition]


class NotUnderstood(Exception):
    """A line of a file."""


def read(path: Path) -> ProtoFile:
    return _Reader(path).read()


class _Reader:
    """Goes through the lines of one file. `_said`: the comment lines since the last definition."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = Definition("file", path.name)
        self._open = [self._root]
        self._said: list[str] = []
        self._last: Definition | None = None

    def read(self) -> ProtoFile:
        introduction = ""
        for line in _statements(self._path.read_text()):
            if line.startswith("//"):
                self._said.append(line[2:].removeprefix(" "))
            elif not line:
                self._said.append("")
            else:
                if line.startswith("syntax"):
                    introduction = self._comment()
                self._statement(line)
        return ProtoFile(self._path.name, introduction, self._root.members)

    def _statement(self, line: str) -> None:
        statement, _, trailing = (part.strip() for part in _split(line))
        if statement == "}":
            self._open.pop()
        elif match := OPENING.fullmatch(statement):
            self._add(Definition(match[1], match[2]), opens=not match[3])
        elif match := RPC.fullmatch(statement):
            takes, gives = f"{match[2] or ''}{match[3]}", f"{match[4] or ''}{match[5]}"
            self._add(Definition("rpc", match[1], type=f"{takes} → {gives}"), opens=match[6] == "{")
        elif match := MEMBER.fullmatch(statement):
            self._add(Definition("member", match["name"], type=match["type"] or "", number=match["number"]))
        elif not SKIPPED.fullmatch(statement):
            raise NotUnderstood(f"{self._path.name}: {line}")
        if trailing and self._last:
            self._last.text = f"{self._last.text}\n{trailing}".strip()
        self._said = []

    def _add(self, made: Definition, *, opens: bool = False) -> None:
        made.text = self._comment()
        self._open[-1].members.append(made)
        self._last = made
        if opens:
            self._open.append(made)

    def _comment(self) -> str:
        """The comment lines directly before; with a blank line between, they belong to what follows all the same."""
        return "\n".join(self._said).strip()


def _split(line: str) -> tuple[str, str, str]:
    return line.partition("//") if not line.startswith("//") else ("", "", line)


def _statements(text: str) -> Iterator[str]:
    """Lines, of which those that go on are put together."""
    waiting = ""
    for raw in text.splitlines():
        line = f"{waiting} {raw.strip()}".strip()
        bare = _split(line)[0].strip()
        if bare and not bare.endswith((";", "{", "}")):
            waiting = line
            continue
        waiting = ""
        yield line

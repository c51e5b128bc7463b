"""BFCL v4 for `search`: functions of many hands, and questions of which it is known by which of them each is answered.

The Berkeley Function Calling Leaderboard (PyPI `bfcl-eval`, Apache-2.0) is read as data; none of its code runs. All its
questions of one turn that have right answers are taken, and all functions that any of them was asked with: what the leaderboard
gives a model a few of is one catalog here. Functions are one tool if nothing that a search reads tells them apart: their name,
their description, and the names and descriptions of their parameters. Where several tools have one name, all but the first get
a number behind it, since names are unique in a catalog.

A question is what its user said, as much of it as a search takes. With several right functions it counts by the share of them
that is found (`search_verdict`).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.search_data import data
from registry.manifest.toolset import Compiled
from registry.model.tool import CONTAINER_SERVER, Container, Draft, Effect, JsonObject, Operation

SETS = (
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)
#: All are of one: what a set is called says nothing of what its functions do.
TOOLSET = "bfcl"
#: Characters that a search takes.
QUERY = 1_000
#: JSON Schema's words for the types that BFCL has from other languages; one that is not here is any type.
_TYPES = {
    "dict": "object",
    "hashmap": "object",
    "object": "object",
    "array": "array",
    "arraylist": "array",
    "list": "array",
    "tuple": "array",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "number": "number",
    "boolean": "boolean",
    "string": "string",
    "char": "string",
}
#: Nothing is run: a digest that is no image's.
_CONTAINER = Container("sha256:" + "0" * 64, ("function",))
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
#: Characters of a name, before its number: with the prefix that the toolset has in a catalog with others, it is whole.
_LONGEST = 55


@dataclass(frozen=True, slots=True)
class Question:
    """`right`: the names, in the catalog, of the tools that answer it."""

    text: str
    right: frozenset[str]


@dataclass(slots=True)
class Bfcl:
    """`own_names`: what BFCL calls each tool of the catalog."""

    drafts: list[Draft] = field(default_factory=list)
    own_names: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    _seen: dict[object, str] = field(default_factory=dict)

    @property
    def compiled(self) -> Compiled:
        """As a document's tools: but an import knows nothing of their operations."""
        return Compiled(tuple(self.drafts), ())

    @property
    def texts(self) -> list[str]:
        return [question.text for question in self.questions]

    def add(self, question: JsonObject, answer: JsonObject) -> None:
        here = {function["name"]: self._tool(function) for function in question["function"]}
        said = [message["content"] for turn in question["question"] for message in turn if message["role"] == "user"]
        right = frozenset(here[name] for call in answer["ground_truth"] for name in call)
        self.questions.append(Question("\n".join(said)[:QUERY], right))

    def _tool(self, function: JsonObject) -> str:
        read = function["name"], function["description"], frozenset(_parameters(function["parameters"]))
        if read not in self._seen:
            name = self._seen[read] = self._free_name(function["name"])
            self.own_names[name] = function["name"]
            self.drafts.append(_draft(name, function))
        return self._seen[read]

    def _free_name(self, own: str) -> str:
        plain, number = _ILLEGAL.sub("_", own)[:_LONGEST], 1
        name = plain
        while name in self.own_names:
            number += 1
            name = f"{plain}_{number}"
        return name


def read_bfcl() -> Bfcl:
    """Raises NoData."""
    home, found = data() / "bfcl_eval" / "data", Bfcl()
    for name in SETS:
        answers = {answer["id"]: answer for answer in _lines(home / "possible_answer" / f"BFCL_v4_{name}.json")}
        for question in _lines(home / f"BFCL_v4_{name}.json"):
            found.add(question, answers[question["id"]])
    return found


def _lines(path: Path) -> Iterator[JsonObject]:
    with path.open() as lines:
        yield from map(json.loads, lines)


def _parameters(schema: JsonObject) -> Iterator[tuple[str, str]]:
    """The name and the description of each, at every depth."""
    for name, member in (schema.get("properties") or {}).items():
        yield name, member.get("description", "")
        yield from _parameters(member)
        if isinstance(member.get("items"), dict):
            yield from _parameters(member["items"])


def _draft(name: str, function: JsonObject) -> Draft:
    """A program without a path of its own: BFCL's functions have none that would say more than their names do."""
    operation = Operation("POST", CONTAINER_SERVER, "/", (), None, ("application/json",))
    schema = _schema(function["parameters"])
    effect = Effect.NON_IDEMPOTENT
    return Draft(name, TOOLSET, function["description"], schema, None, operation, effect=effect, container=_CONTAINER)


def _schema(given: Any) -> Any:
    """In JSON Schema's words for types. What stands below `properties` is names, not keywords."""
    if not isinstance(given, dict):
        return given
    made = {key: value for key, value in given.items() if key not in ("type", "properties", "items", "default")}
    if (known := _TYPES.get(str(given.get("type")).lower())) is not None:
        made["type"] = known
    if isinstance(given.get("properties"), dict):
        made["properties"] = {name: _schema(member) for name, member in given["properties"].items()}
    return made | ({"items": _schema(given["items"])} if "items" in given else {})

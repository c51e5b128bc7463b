"""An input schema within a budget of tokens: as much of it as fits, and what was left out of it.

The gateway checks calls against the tool's own schema. In a reduced one any value is allowed where something is left out, so it
allows what the tool's own does; only where nothing else helps are optional arguments themselves left out.

What goes first is what a model needs least: examples; all of a description but its first sentence; what lies behind many
references; what lies deep; long lists of values; optional arguments.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from registry.model.json_pointer import definition_name
from registry.model.plain_text import first_sentence
from registry.model.tool import JsonObject
from registry.schema.subschemas import LISTS, NAMED, SINGLE, schemas_in
from registry.schema.token_budget import BYTES

#: Characters of a description of which only the first sentence is kept.
SENTENCE = 160
#: Values of an `enum` that is cut, and names that `left_out` tells.
VALUES, NAMES = 40, 8
DEPTH = 5
_STUB = "(left out)"
# Cut short below, these would refuse what the whole schema allows.
_NARROWING = frozenset(("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"))
_BELOW = frozenset(("properties", "patternProperties", "items", "prefixItems", "additionalProperties"))


@dataclass(frozen=True, slots=True)
class Reduced:
    """`left_out` says it to people and models, a part a line; empty: the schema is the tool's own."""

    schema: JsonObject
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is kept. `definitions`: the names of those; None: all. `depth`: references are written out, so many levels deep."""

    words: int | None = None
    examples: bool = False
    definitions: frozenset[str] | None = None
    depth: int | None = None
    values: int | None = None
    required_only: bool = False

    @property
    def cuts(self) -> bool:
        return self.definitions is not None or self.depth is not None or self.values is not None


class _TooLarge(Exception):
    """Written out, it is far over the budget."""


def reduced(schema: JsonObject, tokens: int) -> Reduced:
    """The schema in at most so many tokens. The last resort is a schema that says nothing."""
    most = max(0, tokens) * BYTES
    if len(orjson.dumps(schema)) <= most:
        return Reduced(schema)
    for plan in _plans(schema, most):
        try:
            trimmed = _Trimming(schema, plan, most).whole()
        except (_TooLarge, RecursionError):
            continue
        if len(orjson.dumps(trimmed.schema)) <= most:
            return trimmed
    return Reduced({"type": "object"}, ("all arguments",))


def _plans(schema: JsonObject, most: int) -> Iterator[_Plan]:
    """From the one that keeps most to the one that keeps least."""
    yield _Plan()
    short = _Plan(words=SENTENCE)
    yield short
    nearest = list(_by_distance(schema))
    fitting = _fitting(schema, nearest, short, most)
    if fitting > 0:
        yield replace(short, definitions=frozenset().union(*nearest[:fitting]))
    for words in (SENTENCE, 0):
        yield from (_Plan(words=words, depth=depth) for depth in range(DEPTH, 0, -1))
    yield from (_Plan(words=words, depth=depth, values=VALUES) for words, depth in ((SENTENCE, 2), (0, 2), (0, 1), (0, 0)))
    yield from (_Plan(words=words, depth=0, values=VALUES, required_only=True) for words in (SENTENCE, 0))


def _fitting(schema: JsonObject, nearest: list[frozenset[str]], plan: _Plan, most: int) -> int:
    """How many levels of definitions fit."""

    def size(levels: int) -> int:
        kept = replace(plan, definitions=frozenset().union(*nearest[:levels]))
        try:
            return len(orjson.dumps(_Trimming(schema, kept, most).whole().schema))
        except (_TooLarge, RecursionError):
            return most + 1

    return bisect_right(range(len(nearest) + 1), most, key=size) - 1


def _by_distance(schema: JsonObject) -> Iterator[frozenset[str]]:
    """The definitions that the arguments refer to, then those that these do, and so on."""
    definitions: JsonObject = schema.get("$defs", {})
    level = frozenset(_named({key: value for key, value in schema.items() if key != "$defs"}))
    seen: set[str] = set()
    while level := frozenset(name for name in level if name in definitions) - seen:
        yield level
        seen |= level
        level = frozenset(name for one in level for name in _named(definitions[one]))


def _named(schema: Any) -> Iterator[str]:
    yield from (definition_name(one["$ref"]) for one in schemas_in(schema) if isinstance(one.get("$ref"), str))


@dataclass(slots=True)
class _Trimming:
    schema: JsonObject
    plan: _Plan
    most: int
    _left: int = 0
    _cut: dict[str, None] = field(default_factory=dict)
    _told: dict[str, None] = field(default_factory=dict)

    def whole(self) -> Reduced:
        """Raises _TooLarge."""
        self._left = self.most  # a value takes two bytes and more, so this many do not fit
        root = {key: value for key, value in self.schema.items() if key != "$defs"}
        if self.plan.required_only:
            root = self._required(root)
        written: JsonObject = self.trimmed(root, 0)
        if self.plan.depth is None:
            written |= self._definitions()
        return Reduced(written, tuple(self._tell()))

    def trimmed(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _TooLarge
        if not isinstance(schema, dict):
            return schema
        if self.plan.depth is not None and depth > self.plan.depth:
            self._told[f"values more than {self.plan.depth} levels below the arguments"] = None
            return self._stub(schema)
        if "$ref" in schema:
            return self._referred(schema, depth)
        kept = (pair for keyword, value in schema.items() for pair in self._keyword(keyword, value, schema, depth))
        return dict(kept)

    def _referred(self, schema: JsonObject, depth: int) -> Any:
        name = definition_name(schema["$ref"])
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self.schema.get("$defs", {}).get(name, True)
        if self.plan.depth is not None:
            written = self.trimmed(target, depth)
            own = self.trimmed(beside, depth)
            return written | own if isinstance(written, dict) else own
        if self.plan.definitions is not None and name not in self.plan.definitions:
            self._cut[name] = None
            return self._stub(target) | self.trimmed(beside, depth)
        return {"$ref": schema["$ref"], **self.trimmed(beside, depth)}

    def _keyword(self, keyword: str, value: Any, schema: JsonObject, depth: int) -> Iterator[tuple[str, Any]]:
        if keyword in ("title", "description"):
            yield from self._words(keyword, value)
        elif keyword == "examples" and not self.plan.examples:
            self._told["examples"] = None
        elif self.plan.cuts and keyword in _NARROWING:
            self._told[f"what narrows values (`{keyword}`)"] = None
        elif keyword == "enum" and self.plan.values is not None and len(value) > self.plan.values:
            self._told[f"values of lists of more than {self.plan.values}"] = None
        else:
            loose = self.plan.cuts and keyword == "oneOf" and "anyOf" not in schema
            yield "anyOf" if loose else keyword, self._inside(keyword, value, depth + (keyword in _BELOW))

    def _inside(self, keyword: str, value: Any, depth: int) -> Any:
        if keyword in SINGLE:
            return self.trimmed(value, depth)
        if keyword in LISTS:
            return [self.trimmed(one, depth) for one in value]
        if keyword in NAMED:
            return {name: self.trimmed(one, depth) for name, one in value.items()}
        return value

    def _words(self, keyword: str, text: str) -> Iterator[tuple[str, str]]:
        if self.plan.words is None:
            yield keyword, text
        elif self.plan.words == 0 or keyword == "title":
            self._told["titles" if keyword == "title" else "descriptions of arguments"] = None
        else:
            short = first_sentence(text, self.plan.words)
            if short != text:
                self._told["descriptions behind their first sentences"] = None
            yield keyword, short

    def _definitions(self) -> JsonObject:
        definitions: JsonObject = self.schema.get("$defs", {})
        names = [name for name in definitions if self.plan.definitions is None or name in self.plan.definitions]
        return {"$defs": {name: self.trimmed(definitions[name], 0) for name in names}} if names else {}

    def _required(self, root: JsonObject) -> JsonObject:
        needed = root.get("required", [])
        dropped = [name for name in root.get("properties", {}) if name not in needed]
        if dropped:
            self._told[f"optional arguments: {_listed(dropped)}"] = None
        return root | {"properties": {name: one for name, one in root.get("properties", {}).items() if name in needed}}

    def _stub(self, schema: Any) -> JsonObject:
        """What stands in the place of a schema that is left out: its type, if it names one."""
        kind = schema.get("type") if isinstance(schema, dict) else None
        return ({"type": kind} if isinstance(kind, str | list) else {}) | {"description": _STUB}

    def _tell(self) -> Iterator[str]:
        yield from self._told
        if self._cut:
            yield f"definitions: {_listed(list(self._cut))}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more

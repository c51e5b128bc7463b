"""The schemas of structured answers: what tools/list promises, and whether an answer is held to it.

A client checks each structured answer against the schema that its tool was listed with, and takes one that is not there, or
does not fit, for a failure; its model would make the call again. But an upstream need not keep its promise, and an answer may
be too large to be told. So each listed schema has an alternative: an object that says why the answer is not in it.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from callgate.aio import AsyncClient
from callgate.errors import CallgateError
from callgate.types import Invocation, Tool
from gateway.edge.mcp.asked import PREFIX

Json = dict[str, Any]

#: The one member of what stands in the place of an answer.
NOT_STRUCTURED = f"{PREFIX}not-structured"
#: Tool versions of which it is kept how their answers are promised.
KEPT = 20_000

_DEFINITIONS = "#/$defs/"
#: What gives a schema, or a part of it, a name of its own: a reference to it would mean another place once the schema is moved.
_NAMES = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef")
_INSTEAD: Json = {
    "type": "object",
    "properties": {NOT_STRUCTURED: {"type": "string", "description": "why the answer is in the text alone"}},
    "required": [NOT_STRUCTURED],
    "additionalProperties": False,
}


class Promise(Enum):
    """What a tool's schema promises of its answers."""

    NOTHING = "nothing"
    OBJECT = "object"
    VALUE = "value"

    def is_listed(self, modern: bool) -> bool:
        """Whether tools/list tells it: before 2026-07-28, MCP has objects alone."""
        return self is Promise.OBJECT or (modern and self is Promise.VALUE)


def promise_of(schema: Mapping[str, Any] | None) -> Promise:
    """A schema that cannot be moved below another one promises nothing here."""
    if schema is None or not all(map(_is_movable, _schemas(schema))):
        return Promise.NOTHING
    return Promise.OBJECT if _resolved(schema).get("type") == "object" else Promise.VALUE


def listed_schema(schema: Mapping[str, Any], promise: Promise) -> Json:
    """As tools/list tells it, with the alternative."""
    whole = {name: part for name, part in schema.items() if name not in {"$defs", "$schema"}}
    kept = {name: schema[name] for name in ("$schema", "$defs") if name in schema}
    typed = {"type": "object"} if promise is Promise.OBJECT else {}
    return {**kept, **typed, "anyOf": [whole, _INSTEAD]}


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the schema's root leads to, over as many references as there are definitions."""
    definitions = schema.get("$defs", {})
    for _ in range(len(definitions) + 1):
        if not isinstance(reference := schema.get("$ref"), str):
            return schema
        name = reference.removeprefix(_DEFINITIONS).replace("~1", "/").replace("~0", "~")
        found = definitions.get(name)
        schema = found if isinstance(found, Mapping) else {}
    return {}


def _schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every object in it. What only looks like a schema is taken for one, too."""
    left: list[Any] = [schema]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            yield one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _is_movable(one: Mapping[str, Any]) -> bool:
    reference = one.get("$ref", _DEFINITIONS)
    return not any(isinstance(one.get(name), str) for name in _NAMES) and (
        not isinstance(reference, str) or reference.startswith(_DEFINITIONS)
    )


class Promises:
    """What is promised by which tool version: a digest says all that the version's schemas say."""

    def __init__(self) -> None:
        self._by_digest: OrderedDict[str, Promise] = OrderedDict()

    def of_tool(self, tool: Tool) -> Promise:
        if (known := self._by_digest.get(tool.digest)) is None:
            known = self._by_digest[tool.digest] = promise_of(tool.output_schema)
        self._by_digest.move_to_end(tool.digest)
        while len(self._by_digest) > KEPT:
            self._by_digest.popitem(last=False)
        return known

    async def of_call(self, client: AsyncClient, invocation: Invocation) -> Promise:
        """The version was listed, as a rule; else the gateway is asked. One that cannot be read any more promises nothing."""
        if (known := self._by_digest.get(invocation.tool_digest)) is not None:
            return known
        try:
            return self.of_tool(await client.tools.get(invocation.tool))
        except CallgateError:
            return Promise.NOTHING

"""How much of a model's context a tool takes.

Providers count in tokens of their own; of JSON, each comes to about four bytes. A model pays for a tool in every request, so
what is over a budget is told when it is imported, and callers may ask for a reduced form (`registry.schema.reduced`).
"""

from typing import Any

import orjson

from registry.model.tool import JsonObject

BYTES = 4
#: Tokens of one tool, before an import tells it: some tools of this size fill what many models take.
TOKEN_BUDGET = 8_000


class ToolSizes:
    """Tokens of the tools of one document. Definitions that many of them share are measured once."""

    def __init__(self) -> None:
        # With the definitions themselves, so that no other ones are made at their place.
        self._known: dict[int, tuple[Any, int]] = {}

    def tokens(self, name: str, description: str, schema: JsonObject) -> int:
        rest = {key: value for key, value in schema.items() if key != "$defs"}
        return -(-(len(orjson.dumps([name, description, rest])) + self._definitions(schema.get("$defs"))) // BYTES)

    def _definitions(self, definitions: Any) -> int:
        if definitions is None:
            return 0
        if id(definitions) not in self._known:
            self._known[id(definitions)] = definitions, len(orjson.dumps(definitions))
        return self._known[id(definitions)][1]


def tokens_of(name: str, description: str, schema: JsonObject) -> int:
    """Of one tool: what a provider is sent of it."""
    return ToolSizes().tokens(name, description, schema)

"""What a model is shown in the place of all tools: one that finds them, one that describes one, and one that calls one."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import KW_ONLY, dataclass
from fnmatch import fnmatchcase
from typing import Any

from callgate.adapters.inner_calls import CALL, DESCRIBE, SEARCH
from callgate.adapters.offers import Offer
from callgate.types import Effect, Tool


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tools are found and called: those of a toolset, and of a pattern of names; None: of all."""

    toolset: str | None = None
    pattern: str | None = None

    def has_name(self, name: str) -> bool:
        return self.pattern is None or fnmatchcase(name, self.pattern)

    def has(self, tool: Tool) -> bool:
        return self.toolset in (None, tool.toolset) and self.has_name(tool.name)


@dataclass(frozen=True, slots=True)
class MetaOffer(Offer):
    """One of the three, for the tools of a scope."""

    _: KW_ONLY
    scope: Scope = Scope()


_QUERY = {"type": "string", "description": "What you want to do, in words: cancel an order. At most 1,000 characters."}
_LIMIT = {"type": "integer", "minimum": 1, "maximum": 50, "description": "How many tools to list at most. 10 without it."}
_NAME = {"type": "string", "description": "The tool's name, as search_tools lists it."}
_OBJECT = {"type": "object", "description": "The tool's arguments, as describe_tool shows them.", "additionalProperties": True}
_TEXT = {"type": "string", "description": "The tool's arguments, as describe_tool shows them: one JSON object, as a text."}
_SAID = {
    SEARCH: "Find tools by what you want to do. It lists the names of those that fit best, with what each does and takes.",
    DESCRIBE: "Show what a tool does, and the JSON Schema of its arguments. Do so before you call a tool for the first time.",
    CALL: "Call a tool that search_tools has listed. Each call of a tool that acts may act again, as if it were called itself.",
}
_EFFECTS = {SEARCH: Effect.READ, DESCRIBE: Effect.READ, CALL: Effect.NON_IDEMPOTENT}


def meta_offers(toolset: str | None, pattern: str | None, *, as_text: bool) -> list[Offer]:
    """`as_text`: the arguments of `call_tool` are shown as a JSON text, for what shows no object of unnamed properties."""
    inputs: dict[str, dict[str, Any]] = {
        SEARCH: {"query": _QUERY, "limit": _LIMIT},
        DESCRIBE: {"name": _NAME},
        CALL: {"name": _NAME, "arguments": _TEXT if as_text else _OBJECT},
    }
    return [MetaOffer(_tool(name, properties), None, scope=Scope(toolset, pattern)) for name, properties in inputs.items()]


def _tool(name: str, properties: Mapping[str, Any]) -> Tool:
    """As a gateway's tool is described: none has these words, and no digest."""
    schema = {
        "type": "object",
        "properties": deepcopy(dict(properties)),
        "required": [next(iter(properties))],
        "additionalProperties": False,
    }
    return Tool(
        name=name,
        version="1.0.0",
        digest="",
        toolset="",
        description=_SAID[name],
        input_schema=schema,
        output_schema=None,
        effect=_EFFECTS[name],
        method="",
        endpoint="",
        needs_credential=False,
        requires_approval=False,
    )

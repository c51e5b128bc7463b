"""Three tools in the place of all: for a model that is to be shown few, and finds the others itself.

A call by `call_tool` is the call of the tool that it names: the key is made of that tool and its arguments, so that the same
call is the same whichever way it takes.
"""

import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.bounds import SAID, bounded
from callgate.adapters.hints import hints_of
from callgate.adapters.refusals import no_arguments
from callgate.errors import CallgateError, RequestInvalid, ToolNotFound
from callgate.types import Tool
from gateway.edge.mcp.answer_schemas import Promise
from gateway.edge.mcp.asked import Asked, Refusal
from gateway.edge.mcp.calls import Calls, refused
from gateway.edge.mcp.listing import list_of
from gateway.edge.mcp.results import Json, result_of

SEARCH, DESCRIBE, CALL = "search_tools", "describe_tool", "call_tool"

#: Tools that a search tells, where the model says no other number, and at most.
FOUND, MOST = 10, 50

_NAME: Json = {"type": "string", "description": "the name of a tool, as search_tools tells it"}
_READS = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
_ACTS = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": True}


def _schema(required: list[str], **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


LISTED: list[Json] = [
    {
        "name": SEARCH,
        "description": "Find tools by what you want to do, in words. Answers their names and what they do, the best first.",
        "inputSchema": _schema(
            ["query"],
            query={"type": "string", "description": "what you want to do, such as: refund an order", "maxLength": 1000},
            limit={
                "type": "integer",
                "description": f"how many tools at most; {FOUND} without it",
                "minimum": 1,
                "maximum": MOST,
            },
        ),
        "annotations": _READS,
    },
    {
        "name": DESCRIBE,
        "description": "What a tool does, and the JSON Schema of its arguments. Read it before you call the tool.",
        "inputSchema": _schema(["name"], name=_NAME),
        "annotations": _READS,
    },
    {
        "name": CALL,
        "description": "Call a tool. What an answer says of calling it again holds for this tool with the same arguments, too.",
        "inputSchema": _schema(
            ["name"], name=_NAME, arguments={"type": "object", "description": "as the tool's schema has them"}
        ),
        "annotations": _ACTS,
        "execution": {"taskSupport": "optional"},
    },
]


@dataclass(frozen=True, slots=True)
class MetaTools:
    calls: Calls

    def listed(self) -> Json:
        return list_of(LISTED)

    async def call(self, asked: Asked, name: str, arguments: Mapping[str, Any]) -> Json:
        """Of these three; any other is a tool that was found, and is called by its own name. Raises Refusal, CallgateError."""
        if name == SEARCH:
            return await self._told(self._search(asked, arguments))
        if name == DESCRIBE:
            return await self._told(self._describe(asked, arguments))
        if name == CALL:
            return await self._call(asked, arguments)
        return await self.calls.call(asked, name, arguments)

    async def _told(self, work: Awaitable[Json]) -> Json:
        """A model can mend what is wrong with its arguments, and cannot with the rest."""
        try:
            return _known(await work)
        except (RequestInvalid, ToolNotFound) as error:
            return result_of(_refusal(error))
        except CallgateError as error:
            return result_of(refused(error))

    async def _search(self, asked: Asked, arguments: Mapping[str, Any]) -> Json:
        found = await asked.client.tools.search(
            arguments.get("query", ""), toolset=self.calls.options.toolset, limit=arguments.get("limit", FOUND)
        )
        return {"tools": [_in_short(one.tool) for one in found]}

    async def _describe(self, asked: Asked, arguments: Mapping[str, Any]) -> Json:
        name = arguments.get("name", "")
        await self.calls.require_offered(asked, name)
        return _in_full(await asked.client.tools.get(name, schema_form=self.calls.options.schema_form))

    async def _call(self, asked: Asked, arguments: Mapping[str, Any]) -> Json:
        meant = inner(arguments)
        if isinstance(meant, Answer):
            return result_of(meant)
        try:
            return await self.calls.call(asked, *meant, promise=Promise.NOTHING)
        except Refusal as refusal:
            return result_of(_refusal(refusal))


def inner(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | Answer:
    """The tool and the arguments that a call of `call_tool` names, or what its model is told."""
    name, given = arguments.get("name"), arguments.get("arguments", {})
    if not isinstance(name, str):
        return _refusal("`name` must be the name of a tool")
    return (name, given) if isinstance(given, Mapping) else no_arguments("`arguments` is no object")


def _refusal(why: object) -> Answer:
    said = f"Nothing was done: {why}. Find the tools that there are by {SEARCH}."
    return Answer(Standing.REFUSED, said, may_repeat=True)


def _known(value: Json) -> Json:
    text = {"type": "text", "text": json.dumps(value, ensure_ascii=False)}
    return {"content": [text], "structuredContent": value, "isError": False, "resultType": "complete"}


def _in_short(tool: Tool) -> Json:
    return {"name": tool.name, "description": bounded(tool.description, SAID), "readOnly": hints_of(tool.effect).read_only}


def _in_full(tool: Tool) -> Json:
    told: Json = {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": dict(tool.input_schema),
        "annotations": dict(hints_of(tool.effect).annotations),
    }
    return told if tool.output_schema is None else {**told, "outputSchema": dict(tool.output_schema)}

"""What `search_tools` and `describe_tool` answer. Nothing is called, so a model may ask as often as it pleases."""

import json
from collections.abc import Mapping
from typing import Any

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.bounds import SAID, bounded
from callgate.adapters.forms import Forms
from callgate.adapters.inner_calls import SEARCH, is_name
from callgate.adapters.meta_tools import Scope
from callgate.adapters.offers import in_form
from callgate.aio import AsyncClient
from callgate.errors import CallgateError, EndpointInvalid, RequestInvalid, RequestRefused, ToolNotLocked, Unauthenticated
from callgate.types import SchemaForm, Tool

#: Of a query and of a list: the gateway's own bounds.
QUERY, FOUND, MOST_FOUND = 1_000, 10, 50
#: Characters of a description in a list; names of arguments there.
SUMMARY, ARGUMENTS = 300, 30
#: Characters that a token of a schema takes, about: the gateway counts four bytes for one.
TOKEN = 4

_NONE = "No tool fits. Search in other words: say what is to be done, and to what."


async def search(client: AsyncClient, arguments: Mapping[str, Any], scope: Scope, shown: int) -> Answer:
    query, limit = arguments.get("query"), arguments.get("limit") or FOUND
    if not isinstance(query, str) or not query.strip() or len(query) > QUERY:
        return unfit(f"`query` must be a text of 1 to {QUERY:,} characters")
    if not isinstance(limit, int) or not 1 <= limit <= MOST_FOUND:
        return unfit(f"`limit` must be a number from 1 to {MOST_FOUND}")
    # A pattern is looked at here, so as many as there can be are looked at.
    asked = limit if scope.pattern is None else MOST_FOUND
    try:
        found = await client.tools.search(query, toolset=scope.toolset, limit=asked)
    except CallgateError as error:
        return _told(error)
    listed = [_summary(one.tool) for one in found if scope.has(one.tool)][:limit]
    return _answer(listed, shown) if listed else Answer(Standing.SUCCEEDED, _NONE, structured=[], may_repeat=True)


async def describe(client: AsyncClient, arguments: Mapping[str, Any], scope: Scope, forms: Forms, shown: int) -> Answer:
    name = arguments.get("name")
    if not is_name(name):
        return unfit(f"`name` must be a tool's name, as {SEARCH} lists it")
    try:
        tool = await _shown(client, str(name), forms, shown)
    except CallgateError as error:
        return _told(error)
    return _answer(_whole(tool), shown) if scope.has(tool) else no_such_tool(str(name))


async def _shown(client: AsyncClient, name: str, forms: Forms, shown: int) -> Tool:
    """The tool with its schema in one of the forms; where that is too long to be shown, as much of it as is not. Raises
    CallgateError."""
    tool = await client.tools.get(name, schema_form=next(iter(forms), None))
    tool = (await in_form(client, tool, forms)).tool
    if len(_text(_whole(tool))) <= shown:
        return tool
    return await client.tools.get(name, schema_form=SchemaForm.REDUCED, token_budget=max(1, shown // TOKEN))


def no_such_tool(name: str) -> Answer:
    said = f"There is no tool {name[:64]!r} here, so nothing was done. Find the name of the one that you need by {SEARCH}."
    return Answer(Standing.REFUSED, said, may_repeat=True)


def _summary(tool: Tool) -> dict[str, Any]:
    properties, required = tool.input_schema.get("properties", {}), tool.input_schema.get("required", ())
    names = [f"{name} (required)" if name in required else name for name in properties]
    return {
        "name": tool.name,
        "description": bounded(tool.description, SUMMARY),
        "effect": str(tool.effect),
        "arguments": names[:ARGUMENTS],
    }


def _whole(tool: Tool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": tool.name,
        "description": tool.description,
        "effect": str(tool.effect),
        "arguments": dict(tool.input_schema),
    }
    if tool.deprecated:
        told["deprecated"] = "rather use another tool"
    if tool.requires_approval:
        told["approval"] = "a person must approve each call"
    if tool.schema_left_out:
        told["left_out"] = list(tool.schema_left_out)
    return told


def _answer(told: Any, shown: int) -> Answer:
    return Answer(Standing.SUCCEEDED, bounded(_text(told), shown), structured=told, may_repeat=True)


def _text(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False)


def unfit(problem: str) -> Answer:
    return Answer(Standing.REFUSED, f"Nothing was done: {problem}. Correct that, and ask again.", may_repeat=True)


def _told(error: CallgateError) -> Answer:
    """Raises what is the program's fault, and no model can mend."""
    if isinstance(error, RequestInvalid | EndpointInvalid | Unauthenticated):
        raise error
    said = bounded(error.message, SAID)
    if isinstance(error, RequestRefused | ToolNotLocked):
        return Answer(Standing.REFUSED, f"Nothing was done: {said}. Find another tool by {SEARCH}.", may_repeat=True)
    told = f"No answer has come: {said}. You may ask again: that does no harm, and calls nothing."
    return Answer(Standing.FAILED, told, may_repeat=True)

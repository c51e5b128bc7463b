"""How a FakeGateway finds tools: by the words that they share with the query. A gateway ranks with more care."""

import re
from collections.abc import Iterable

from callgate import checks
from callgate.testing.tools import FakeTool
from callgate.types import Effect
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import tool_pb2

#: As a gateway has it: characters of a query and of a tag, tags, tools that are found where no number is said, and at most.
QUERY_LENGTH, TAG_LENGTH, TAGS, FOUND, MOST_FOUND = 1_000, 100, 20, 10, 50
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def search(tools: Iterable[FakeTool], request: catalog.SearchToolsRequest) -> list[tuple[FakeTool, float]]:
    """The best first, with their scores. Raises RequestInvalid."""
    _require_bounds(request)
    effects = {Effect(tool_pb2.Effect.Name(one).removeprefix("EFFECT_")) for one in request.effects}
    tags = {tag.casefold() for tag in request.tags}
    scores = {tool.name: (tool, _score(request.query, tool)) for tool in tools if _fits(tool, request.toolset, effects, tags)}
    found = sorted(scores.values(), key=lambda one: (-one[1], one[0].name))
    return [one for one in found if one[1]][: request.limit or FOUND]


def _require_bounds(request: catalog.SearchToolsRequest) -> None:
    if not request.query.strip() or len(request.query) > QUERY_LENGTH:
        raise checks.invalid(f"query must have 1 to {QUERY_LENGTH:,} characters, and not only spaces", "Give such a query.")
    if not 0 <= request.limit <= MOST_FOUND:
        raise checks.invalid(f"limit must be 1 to {MOST_FOUND}, or 0 for {FOUND}", "Ask for fewer.")
    if len(request.tags) > TAGS or any(not 0 < len(tag) <= TAG_LENGTH for tag in request.tags):
        raise checks.invalid(f"there may be at most {TAGS} tags, each of 1 to {TAG_LENGTH} characters", "Give fewer.")
    if not {*request.effects} <= {*tool_pb2.Effect.values()} - {tool_pb2.EFFECT_UNSPECIFIED}:
        raise checks.invalid("effects has one that no tool can have", "Give an Effect but UNSPECIFIED.")


def _fits(tool: FakeTool, toolset: str, effects: set[Effect], tags: set[str]) -> bool:
    return (
        toolset in ("", tool.toolset)
        and (not effects or tool.effect in effects)
        and tags <= {tag.casefold() for tag in tool.tags}
    )


def _score(query: str, tool: FakeTool) -> float:
    """How many of the query's words the tool has; those of its name count twice."""
    told = tool.described
    asked, name = _words(query), _words(told.name)
    return 2 * len(asked & name) + len(asked & _words(" ".join([told.description, *told.input_schema["properties"]])) - name)


def _words(text: str) -> set[str]:
    """In small letters, without the s of a plural."""
    return {word.lower().rstrip("s") for word in _WORD.findall(text)}

"""Requests for a search → what is wanted; what was found → the tools, as they are now."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1 import tool_pb2
from gateway.edge.grpc import invocation_wire
from gateway.edge.grpc.enums import word
from gateway.edge.grpc.paced import MOST_BYTES, PAUSE
from gateway.edge.grpc.tool_lists import WantedForm, in_form
from gateway.model.errors import RequestInvalid
from gateway.search.index import Match
from gateway.search.live_index import readable
from gateway.search.query import Query
from registry.catalog.catalog import Catalog, Listed
from registry.model.tool import Effect

#: Characters of a query, and of a tag; tags; tools that are found where the caller names no number, and at most.
LONGEST_QUERY, LONGEST_TAG, MOST_TAGS, FOUND, MOST_FOUND = 1_000, 100, 20, 10, 50
#: Tools that are read and written at once.
STEP = 10


def wanted_from(request: pb.SearchToolsRequest, may_call: Callable[[str], bool]) -> Query:
    """Raises RequestInvalid."""
    if not request.query.strip() or len(request.query) > LONGEST_QUERY:
        raise RequestInvalid(f"query must have 1 to {LONGEST_QUERY:,} characters, and not only spaces")
    if len(request.tags) > MOST_TAGS or any(not 0 < len(tag) <= LONGEST_TAG for tag in request.tags):
        raise RequestInvalid(f"there may be at most {MOST_TAGS} tags, each of 1 to {LONGEST_TAG} characters")
    effects = frozenset(map(_effect, request.effects))
    return Query(request.query, request.toolset, effects, frozenset(tag.casefold() for tag in request.tags), may_call)


def _effect(number: int) -> Effect:
    try:
        return Effect(word(tool_pb2.Effect, number).upper())
    except ValueError:
        raise RequestInvalid("effects has one that this gateway does not know") from None


def limit_of(request: pb.SearchToolsRequest) -> int:
    """Raises RequestInvalid."""
    if not 0 <= request.limit <= MOST_FOUND:
        raise RequestInvalid(f"limit must be 1 to {MOST_FOUND}, or 0 for {FOUND}")
    return request.limit or FOUND


async def messages(
    catalog: Catalog, found: Sequence[Match], wanted: Query, form: WantedForm | None
) -> AsyncIterator[pb.FoundTool]:
    """What the tools are now, without those that may no longer be called or are no longer such as is wanted."""
    scores = {one.name: one.score for one in found}
    size = 0
    async for listed in _read(catalog, list(scores)):
        if size > MOST_BYTES:
            return
        if is_still(wanted, listed):
            tool = await in_form(invocation_wire.listed_tool(listed), form)
            size += tool.ByteSize()
            yield pb.FoundTool(tool=tool, score=scores[tool.name])


def is_still(wanted: Query, listed: Listed) -> bool:
    """The index may be a moment behind. A version's tags are the catalog's alone, so they are not asked again."""
    draft = listed.version.draft
    return (
        wanted.toolset in ("", draft.toolset)
        and (not wanted.effects or draft.effect in wanted.effects)
        and wanted.may_call(draft.name)
    )


async def _read(catalog: Catalog, names: Sequence[str]) -> AsyncIterator[Listed]:
    for at in range(0, len(names), STEP):
        if at:
            await asyncio.sleep(PAUSE)
        for listed in await readable(catalog, names[at : at + STEP]):
            yield listed

"""tools/list: the tools that the caller may call, page by page."""

from typing import Any

from callgate.adapters.inner_calls import CALL
from callgate.adapters.meta_tools import MetaOffer
from callgate.adapters.offers import Offer
from callgate.errors import RequestInvalid
from callgate.types import VersionState
from gateway.edge.mcp.answer_schemas import Promises, listed_schema
from gateway.edge.mcp.asked import PREFIX, McpRequest, RequestWrong
from gateway.edge.mcp.options import DoorOptions

Json = dict[str, Any]

#: Of all schemas: OpenAPI's own dialect keeps to it, and what does not was brought to it by the import.
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CALLABLE = frozenset((VersionState.ACTIVE, VersionState.DEPRECATED))


async def list_tools(asked: McpRequest, options: DoorOptions, promises: Promises, cursor: str | None) -> Json:
    """One page, as the gateway cuts them. Raises CallgateError, and RequestWrong for a cursor that no page had."""
    try:
        page = await asked.client.tools.page(options.toolset, page_token=cursor or "", schema_form=options.schema_form)
    except RequestInvalid as error:
        raise RequestWrong(f"the page cannot be read: {error.message}") from error
    offers = [Offer(tool, options.schema_form) for tool in page.tools if tool.state in _CALLABLE]
    listed = list_of([described(one, promises, modern=asked.modern) for one in offers])
    return {**listed, "nextCursor": page.next_page_token} if page.next_page_token else listed


def is_answered_at_once(offer: Offer) -> bool:
    """Of the meta-tools those that call none."""
    return isinstance(offer, MetaOffer) and offer.name != CALL


def list_of(tools: list[Json]) -> Json:
    """What a client may keep is this caller's alone, and nothing says for how long it stays so."""
    return {"tools": tools, "ttlMs": 0, "cacheScope": "private", "resultType": "complete"}


def described(offer: Offer, promises: Promises, *, modern: bool) -> Json:
    """A tool, as MCP has it. Its name is the gateway's own: MCP allows all of these."""
    tool = offer.tool
    told: Json = {
        "name": offer.name,
        "description": offer.description,
        "inputSchema": {"$schema": DIALECT, **offer.schema},
        "annotations": dict(offer.hints.annotations),
        "execution": {"taskSupport": "forbidden" if is_answered_at_once(offer) else "optional"},
    }
    if tool.digest:
        told["_meta"] = {f"{PREFIX}version": tool.version, f"{PREFIX}toolset": tool.toolset}
    promise = promises.of_tool(tool)
    if tool.output_schema is not None and promise.is_listed(modern):
        told["outputSchema"] = listed_schema(tool.output_schema, promise)
    return told

"""tools/list: the tools that the caller may call, page by page."""

from typing import Any

from callgate.adapters.offers import Offer
from callgate.errors import RequestInvalid
from callgate.types import VersionState
from gateway.edge.mcp.asked import Asked, Refusal
from gateway.edge.mcp.options import DoorOptions

Json = dict[str, Any]

_CALLABLE = frozenset((VersionState.ACTIVE, VersionState.DEPRECATED))


async def list_tools(asked: Asked, options: DoorOptions, cursor: str | None) -> Json:
    """One page. Raises CallgateError, and Refusal for a cursor that no page had."""
    try:
        page = await asked.client.tools.page(options.toolset, page_token=cursor or "", schema_form=options.schema_form)
    except RequestInvalid as error:
        raise Refusal(f"the page cannot be read: {error.message}", invalid=True) from error
    offered = [Offer(tool, options.schema_form) for tool in page.tools if tool.state in _CALLABLE]
    listed: Json = {"tools": [described(one) for one in offered], "ttlMs": 0, "cacheScope": "private", "resultType": "complete"}
    return {**listed, "nextCursor": page.next_page_token} if page.next_page_token else listed


def described(offer: Offer) -> Json:
    """A tool, as MCP has it. Its name is the gateway's own: MCP allows all of these."""
    return {
        "name": offer.name,
        "description": offer.description,
        "inputSchema": dict(offer.schema),
        "annotations": dict(offer.hints.annotations),
        "_meta": {"callgate.dev/version": offer.tool.version, "callgate.dev/toolset": offer.tool.toolset},
    }

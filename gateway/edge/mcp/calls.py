"""tools/call: one call, made or found again."""

from collections.abc import Mapping
from typing import Any

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.refusals import RUN_OVER, CallUnsettled, told
from callgate.adapters.wording import answer_of
from callgate.errors import CallgateError, ReplayMissed, RequestInvalid, ToolNotFound
from callgate.types import Invocation
from gateway.edge.mcp.asked import Asked, Refusal
from gateway.edge.mcp.identity import Identity, identity
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.results import Json, result_of


async def call_tool(asked: Asked, options: DoorOptions, name: str, arguments: Mapping[str, Any]) -> Json:
    """Raises Refusal where the request itself is wrong."""
    try:
        who = identity(asked, name, arguments)
        answer = answer_of(await _made(asked, who, name, arguments), options.shown)
        return result_of(answer, key=who.key, modern=asked.modern)
    except ToolNotFound as error:
        raise Refusal(f"Unknown tool: {name}", invalid=True) from error
    except RequestInvalid as error:
        raise Refusal(f"{error.message}. {error.cure}", invalid=True) from error
    except CallgateError as error:
        return result_of(refused(error), key=error.idempotency_key or "", modern=asked.modern)


async def _made(asked: Asked, who: Identity, name: str, arguments: Mapping[str, Any]) -> Invocation:
    return await asked.client.call(name, arguments, key=who.key, run_id=who.run)


def refused(error: CallgateError) -> Answer:
    """What a model reads of a call that brought no outcome: of what a framework is raised, too."""
    if isinstance(error, ReplayMissed):
        return Answer(Standing.REFUSED, error.message)
    try:
        return told(error)
    except CallUnsettled as open_end:
        return Answer(Standing.UNKNOWN, str(open_end), invocation_id=open_end.invocation_id)
    except RUN_OVER as over:
        return Answer(Standing.REFUSED, str(over))

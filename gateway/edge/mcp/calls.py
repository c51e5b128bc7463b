"""tools/call: one call, made or found again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callgate.adapters.answers import Answer, Standing
from callgate.adapters.refusals import RUN_OVER, CallUnsettled, told
from callgate.errors import CallgateError, ConnectAgain, ReplayMissed, RequestInvalid, ToolNotFound
from callgate.fault_code import FaultCode
from callgate.types import Invocation
from gateway.edge.mcp.answer_schemas import Promise, Promises
from gateway.edge.mcp.asked import McpRequest, RequestWrong, UnknownTool
from gateway.edge.mcp.cancelling import unless_taken_back
from gateway.edge.mcp.identity import CallIdentity, identity
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.people import People, PersonAwaited
from gateway.edge.mcp.progress import told_to_its_end
from gateway.edge.mcp.results import Json, input_required, result_of, result_of_call


@dataclass(frozen=True, slots=True)
class Calls:
    options: DoorOptions
    promises: Promises
    people: People

    async def call(self, asked: McpRequest, name: str, arguments: Mapping[str, Any], *, promise: Promise | None = None) -> Json:
        """The result for the client. `promise`: what tools/list has told of it; None: what it tells of this tool.

        Raises RequestWrong where the request itself is wrong.
        """
        key = ""
        try:
            await self.require_offered(asked, name)
            which = await asyncio.to_thread(identity, asked, name, arguments)  # of long arguments it takes a while
            key = which.key
            invocation = await unless_taken_back(asked, which, self._made(asked, which, name, arguments))
        except (ToolNotFound, RequestInvalid) as error:
            raise wrong(error, name) from error
        except PersonAwaited as awaited:
            return input_required(awaited.page, awaited.state)
        except CallgateError as error:
            return result_of(refused(error), key=key)
        return await self.result(asked, invocation, key=key, promise=promise)

    async def result(self, asked: McpRequest, invocation: Invocation, *, key: str = "", promise: Promise | None = None) -> Json:
        promise = promise or await self.promises.of_call(asked.client, invocation)
        return result_of_call(invocation, promise, key=key, modern=asked.modern, shown=self.options.shown)

    async def require_offered(self, asked: McpRequest, name: str) -> None:
        """Raises ToolNotFound for a tool of another toolset than the one that the door offers, if that is one."""
        wanted = self.options.toolset
        if wanted is not None and (await asked.client.tools.get(name)).toolset != wanted:
            raise ToolNotFound(f"no tool {name} in the toolset {wanted}", cure="List the tools.")

    async def _made(self, asked: McpRequest, which: CallIdentity, name: str, arguments: Mapping[str, Any]) -> Invocation:
        """Once more, where a person has connected the API meanwhile. Raises CallgateError, PersonAwaited."""
        if asked.spoken is not None:
            await self.people.heard(asked.spoken, asked.client)
            return await self._once(asked, which, name, arguments)
        try:
            made = await self._once(asked, which, name, arguments)
            if not _lacks_connection(made) or not await self.people.connected(asked, name):
                return made
        except ConnectAgain:
            if not await self.people.connected(asked, name):
                raise
        return await self._once(asked, which, name, arguments)

    async def _once(self, asked: McpRequest, which: CallIdentity, name: str, arguments: Mapping[str, Any]) -> Invocation:
        if not asked.wants_progress:
            return await which.call(asked.client, name, arguments, wait=None)
        accepted = await which.call(asked.client, name, arguments, wait=0)
        return await told_to_its_end(asked, accepted) if accepted.outcome is None else accepted


def _lacks_connection(made: Invocation) -> bool:
    """Whether it ended because a person must connect the API: nothing was sent then."""
    outcome = made.outcome
    return getattr(outcome, "fault", None) is FaultCode.CONNECT_AGAIN and getattr(outcome, "not_done", False)


def wrong(error: ToolNotFound | RequestInvalid, name: str) -> RequestWrong:
    return UnknownTool(name) if isinstance(error, ToolNotFound) else RequestWrong(f"{error.message}. {error.cure}")


def refused(error: CallgateError) -> Answer:
    """What a model reads of a call that brought no outcome: of what a framework is raised, too."""
    match error:
        case ReplayMissed():
            return Answer(Standing.REFUSED, error.message)
        case ConnectAgain():
            said = f"Nothing was done: a person must connect the API first. {error.message}. {error.cure}"
            return Answer(Standing.NEEDS_APPROVAL, said)
    try:
        return told(error)
    except CallUnsettled as open_end:
        return Answer(Standing.UNKNOWN, str(open_end), invocation_id=open_end.invocation_id)
    except RUN_OVER as over:
        return Answer(Standing.REFUSED, str(over))

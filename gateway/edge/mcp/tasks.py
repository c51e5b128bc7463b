"""Tasks of the revision 2025-11-25, which it calls experimental: a call whose client asks for a task does not wait for its end.

A task is an invocation: its id is the invocation's, and its state is read from the gateway's record, by any process. So each
call of the caller is a task of that caller, however it was made; a call of another caller is none, whatever the caller may see
of it elsewhere.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from callgate.errors import CallgateError, InvocationNotFound, NoAnswer, RequestInvalid, ToolNotFound
from callgate.outcomes import Cancelled, Outcome, Succeeded
from callgate.types import Invocation, InvocationSummary, State
from gateway.edge.mcp.asked import PREFIX, McpRequest, RequestWrong
from gateway.edge.mcp.calls import Calls, refused, wrong
from gateway.edge.mcp.identity import identity
from gateway.edge.mcp.results import Json, result_of

#: The member of `_meta` that MCP names a message's task by.
RELATED = "io.modelcontextprotocol/related-task"
#: Where a call's result has the task that the request asked for, until the server takes it out.
CREATED = f"{PREFIX}task"
#: Milliseconds between two looks that a client is advised to leave.
POLL = 2_000
#: Seconds in which a call that is cancelled has ended, as a rule.
CANCELLED_WITHIN = 10.0

_ENDED = {State.SUCCEEDED: "completed", State.CANCELLED: "cancelled", State.FAILED: "failed", State.UNKNOWN: "failed"}


@dataclass(frozen=True, slots=True)
class Tasks:
    calls: Calls

    async def create(self, asked: McpRequest, name: str, arguments: Mapping[str, Any]) -> Json:
        """A tool's result that has the task in its `_meta`; without one, where the gateway has not accepted the call. Raises
        RequestWrong."""
        key = ""
        try:
            await self.calls.require_offered(asked, name)
            which = await asyncio.to_thread(identity, asked, name, arguments)
            key = which.key
            accepted = await which.call(asked.client, name, arguments, wait=0)
        except (ToolNotFound, RequestInvalid) as error:
            raise wrong(error, name) from error
        except CallgateError as error:
            return result_of(refused(error), key=key)
        return {"content": [], "_meta": {CREATED: task_of(accepted), f"{PREFIX}idempotency-key": key}}

    async def get(self, asked: McpRequest, id: str) -> Json:
        """Raises RequestWrong, CallgateError."""
        return task_of(await _own(asked, id))

    async def result(self, asked: McpRequest, id: str) -> Json:
        """Once the call has ended. Raises RequestWrong, CallgateError."""
        invocation = await _own(asked, id)
        if invocation.outcome is None:
            invocation = await asked.client.invocations.handle(id).wait()
        result = await self.calls.result(asked, invocation)
        return {**result, "_meta": {**result["_meta"], RELATED: {"taskId": id}}}

    async def cancel(self, asked: McpRequest, id: str) -> Json:
        """Raises RequestWrong, also where it has ended already; CallgateError."""
        if (await _own(asked, id)).outcome is not None:
            raise RequestWrong("The task has ended already, and stays as it is.")
        handle = asked.client.invocations.handle(id)
        cancelled = await handle.cancel()
        if cancelled.outcome is None:
            try:
                cancelled = await handle.wait(timeout=CANCELLED_WITHIN)
            except NoAnswer:
                cancelled = await asked.client.invocations.get(id)
        return task_of(cancelled)

    async def list(self, asked: McpRequest, cursor: str | None) -> Json:
        """A page of the caller's own calls, the newest first. Raises RequestWrong, CallgateError."""
        me = await asked.client.principals.caller()
        try:
            page = await asked.client.invocations.page(agent=me.agent, subject=me.subject, page_token=cursor or "")
        except RequestInvalid as error:
            raise RequestWrong(f"the page cannot be read: {error.message}") from error
        listed: Json = {"tasks": [_listed(one) for one in page.invocations]}
        return {**listed, "nextCursor": page.next_page_token} if page.next_page_token else listed


async def _own(asked: McpRequest, id: str) -> Invocation:
    """The caller's call of this id. Raises RequestWrong for another's, as for one that there is not; CallgateError."""
    try:
        found = await asked.client.invocations.get(id)
    except (InvocationNotFound, RequestInvalid) as error:
        raise RequestWrong("There is no such task.") from error
    me = await asked.client.principals.caller()
    if {"review", "operate"}.isdisjoint(me.rights):
        return found  # who has none of these rights is told of its own calls alone
    mine = asked.client.invocations.list(agent=me.agent, subject=me.subject, since=found.accepted, tool=found.tool)
    async for one in mine:
        if one.id == id:
            return found
    raise RequestWrong("There is no such task.")


def task_of(invocation: Invocation) -> Json:
    """`ttl` is None, which is without end, while it is not known when the record will be forgotten."""
    accepted, expires = invocation.accepted, invocation.key_expires
    ttl = round((expires - accepted).total_seconds() * 1000) if accepted and expires else None
    status = _status(invocation.outcome)
    task = _task(invocation.id, status, accepted, invocation.ended, ttl)
    return {**task, "statusMessage": _said(invocation)}


def _listed(summary: InvocationSummary) -> Json:
    return _task(summary.id, _ENDED.get(summary.state, "working"), summary.accepted, summary.ended, None)


def _task(id: str, status: str, accepted: datetime | None, ended: datetime | None, ttl: int | None) -> Json:
    created = _time(accepted)
    return {
        "taskId": id,
        "status": status,
        "createdAt": created,
        "lastUpdatedAt": _time(ended) or created,
        "ttl": ttl,
        "pollInterval": POLL,
    }


def _status(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "working"
        case Succeeded():
            return "completed"
        case Cancelled():
            return "cancelled"
    return "failed"


def _said(invocation: Invocation) -> str:
    said = str(invocation.outcome) if invocation.outcome else "under way"
    return f"{invocation.tool}: {said}"


def _time(given: datetime | None) -> str:
    return given.isoformat() if given else ""

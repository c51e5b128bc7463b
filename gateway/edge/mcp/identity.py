"""Which call a request makes: its idempotency key, and its place in a run.

A client that names a key, or run and step, makes the same call whenever it sends them again, from any process. For one that
names neither, the key is made of the session, the JSON-RPC request's id, the tool and the arguments: the same request that
comes twice on one connection is one call. A client that connects anew has another session, and makes another call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from callgate import checks
from callgate.aio import AsyncClient
from callgate.canonical import canonical
from callgate.keys import new_key, run_key
from callgate.messages import unfit
from callgate.types import Invocation
from gateway.edge.mcp.asked import PREFIX, McpRequest

#: What a key begins with that was made here, with the number of the rule by which it was made.
OF_REQUEST = "mcp1-"


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """`step`: None where the key is not made of it. `told`: the client has said which call it is, and can come again for it."""

    key: str
    run: str | None
    step: str | int | None
    occurrence: int
    told: bool

    async def call(self, client: AsyncClient, tool: str, arguments: Mapping[str, Any], *, wait: float | None) -> Invocation:
        """Make the call, or find it again. Raises CallgateError."""
        if self.run is not None and self.step is not None:
            run = client.run(self.run)
            return await run.call(tool, arguments, step=self.step, occurrence=self.occurrence, wait=wait)
        return await client.call(tool, arguments, key=self.key, run_id=self.run, wait=wait)


def identity(asked: McpRequest, tool: str, arguments: Mapping[str, Any]) -> CallIdentity:
    """Raises RequestInvalid where the client names a senseless key or place, ArgumentsInvalid for arguments that have no
    canonical form."""
    key, run, step = asked.own("idempotency-key"), asked.own("run"), asked.own("step")
    run = None if run is None else checks.run_id(run)
    if key is not None:
        return CallIdentity(checks.hashed(f"`{PREFIX}idempotency-key`", key), run, None, 0, told=True)
    if step is None:
        return CallIdentity(_made(asked, tool, arguments), run, None, 0, told=False)
    if run is None:
        raise checks.invalid(f"`{PREFIX}step` names the step of no run", f"Name the run, too: `{PREFIX}run`.")
    occurrence = checks.count(f"`{PREFIX}occurrence`", asked.own("occurrence") or 0)
    return CallIdentity(run_key(run, tool, arguments, step=step, occurrence=occurrence), run, step, occurrence, told=True)


def _made(asked: McpRequest, tool: str, arguments: Mapping[str, Any]) -> str:
    """Ids begin anew with each connection: without a session, an equal id says nothing."""
    if asked.caller.session is None or asked.request_id is None:
        return new_key()
    said = canonical([asked.caller.session, asked.request_id, tool]) + _canonical(arguments)
    return OF_REQUEST + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(arguments: Mapping[str, Any]) -> str:
    try:
        return canonical(arguments)
    except (ValueError, RecursionError):
        raise unfit("numbers that a double can hold, and no more than 64 levels of nesting") from None

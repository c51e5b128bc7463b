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
from callgate.canonical import canonical
from callgate.errors import ArgumentsInvalid
from callgate.keys import new_key, run_key, wire_step
from callgate.messages import unfit
from gateway.edge.mcp.asked import PREFIX, Asked

#: What a key begins with that was made here, with the number of the rule by which it was made.
OF_REQUEST = "mcp1-"


@dataclass(frozen=True, slots=True)
class Identity:
    """`told`: the client has said which call it is, and can come again for it. `place`: step and occurrence, as `Invoke` is
    told them."""

    key: str
    run: str | None
    place: tuple[str, int]
    told: bool


def identity(asked: Asked, tool: str, arguments: Mapping[str, Any]) -> Identity:
    """Raises RequestInvalid where the client names a senseless key or place, ArgumentsInvalid for arguments that have no
    canonical form."""
    key, run, step = asked.own("idempotency-key"), asked.own("run"), asked.own("step")
    occurrence = asked.own("occurrence") or 0
    if step is not None and run is None:
        raise checks.invalid(f"`{PREFIX}step` names the step of no run", f"Name the run, too: `{PREFIX}run`.")
    place = ("", 0) if step is None else (wire_step(checks.step(step)), checks.count(f"`{PREFIX}occurrence`", occurrence))
    if key is not None:
        return Identity(checks.hashed(f"`{PREFIX}idempotency-key`", key), _run(run), place, told=True)
    if step is not None:
        return Identity(run_key(run, tool, arguments, step=step, occurrence=occurrence), run, place, told=True)
    return Identity(_made(asked, tool, arguments), _run(run), place, told=False)


def _run(given: Any) -> str | None:
    return None if given is None else checks.run_id(given)


def _made(asked: Asked, tool: str, arguments: Mapping[str, Any]) -> str:
    """Ids begin anew with each connection: without a session, an equal id says nothing."""
    if asked.caller.session is None or asked.request_id is None:
        return new_key()
    said = canonical([asked.caller.session, asked.request_id, tool]) + _canonical(arguments)
    return OF_REQUEST + sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(arguments: Mapping[str, Any]) -> str:
    try:
        return canonical(arguments)
    except (ValueError, RecursionError):
        raise _too_odd() from None


def _too_odd() -> ArgumentsInvalid:
    return unfit("numbers that a double can hold, and no more than 64 levels of nesting")

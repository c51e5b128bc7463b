"""What a caller is told whose key another call has. Pure.

An agent that was resumed, and whose model says other arguments now, must not act a second time: the refusal names what it did
the first time, and what is to be done is for the agent, or for a person, to decide.
"""

from datetime import UTC, datetime

from gateway.model.errors import KeyReused
from gateway.model.invocation import Invocation


def key_reused(known: Invocation, tool: str) -> KeyReused:
    """The refusal of a call of `tool`, whose key belongs to `known`. It repeats no argument."""
    accepted = datetime.fromtimestamp(known.accepted, UTC).isoformat(timespec="seconds")
    differs = "other arguments" if known.request.tool == tool else "another tool"
    named = f"{known.id}: {known.request.version}, accepted at {accepted}, {known.state}"
    return KeyReused(f"this idempotency key belongs to a call with {differs}, {named}", known.id)

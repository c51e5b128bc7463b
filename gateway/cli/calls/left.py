"""What `callgate call` says when Ctrl-C ends it: the call goes on without it, so its id and its key must not be lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shlex import quote

import typer

from callgate import CallgateError, Client, Invocation
from gateway.cli.terminal.exit_codes import INTERRUPTED
from gateway.cli.terminal.output import tell, tell_cure


@dataclass(slots=True)
class Left:
    """`invocation`: the answer, once there is one."""

    invocation: Invocation | None = None


@contextmanager
def call_left(client: Client, key: str) -> Iterator[Left]:
    """Ctrl-C in this context ends the program with what finds the call again."""
    left = Left()
    try:
        yield left
    except KeyboardInterrupt:
        # First the key, which is certain: to ask for the id takes a moment, and a second Ctrl-C may come in it.
        tell(f"You have left the call. Its key: {key}", style="yellow")
        _tell_of(left.invocation or _found(client, key), key)
        raise typer.Exit(INTERRUPTED) from None


def _found(client: Client, key: str) -> Invocation | CallgateError | None:
    """How the call stands. Its id comes with the answer, which did not come: so the gateway is asked."""
    try:
        return client.invocations.find(key)
    except KeyboardInterrupt:
        return None
    except CallgateError as error:
        return error


def tell_way_back(call: Invocation) -> None:
    """How to look at a call that is not waited for, and how to end it where it goes on."""
    tell_cure(f"callgate show {call.id}")
    if call.outcome is None:
        tell(f"It goes on. To end it: callgate cancel {call.id}")


def _tell_of(found: Invocation | CallgateError | None, key: str) -> None:
    match found:
        case Invocation():
            tell(f"{found.id} {found.tool}: {found.outcome or found.state}")
            tell_way_back(found)
        case None:
            tell("The gateway has not accepted it, or not yet. To look again:")
            tell_cure(f"callgate find {quote(key)}")
        case error:
            tell(f"How it stands is not known: {error.message} To look again:")
            tell_cure(f"callgate find {quote(key)}")
    tell(f"To send the same call again without a second effect, add --key {quote(key)}")

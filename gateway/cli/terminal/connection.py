"""The client that every command uses. Its errors become text on stderr and an exit code, never a traceback."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import typer

from callgate import CallgateError, Client, RetryPolicy
from callgate.endpoint import address_at_home, home_of
from callgate.errors import (
    ArgumentsInvalid,
    ArtifactExpired,
    ArtifactNotFound,
    ConnectionBroken,
    EndpointInvalid,
    GatewayUnavailable,
    HostNotFound,
    InvocationNotFound,
    LockInvalid,
    PrincipalNotFound,
    ProxyAnswered,
    RecordingNotFound,
    RefusedOnTheWay,
    RequestInvalid,
    RunNotFound,
    ToolNotFound,
    ToolNotLocked,
)
from gateway.cli.terminal.exit_codes import NOT_FOUND, REFUSED, USAGE
from gateway.cli.terminal.output import tell, tell_cure

#: Seconds. A person at the keyboard would rather read the cure than wait for a gateway that is down.
PATIENCE = 0.5

_ABSENT = (
    ArtifactExpired,
    ArtifactNotFound,
    HostNotFound,
    InvocationNotFound,
    PrincipalNotFound,
    RecordingNotFound,
    RunNotFound,
    ToolNotFound,
)
#: No gateway has said these.
_MISSED = (ConnectionBroken, EndpointInvalid, GatewayUnavailable, ProxyAnswered, RefusedOnTheWay)


@contextmanager
def connect(environ: Mapping[str, str] = os.environ) -> Iterator[Client]:
    """A client of the gateway that the environment names. A CallgateError goes to stderr and ends the program: with code 2
    where the environment names none that could be asked, and where the SDK has found an argument wrong and sent nothing; with
    code 5 for what is not there, and with code 3 for all else."""
    with explained(), Client.from_environment(environ, retry=RetryPolicy(patience=PATIENCE)) as client:
        yield client


@contextmanager
def explained() -> Iterator[None]:
    """For what the SDK does without a gateway, too; see `connect`."""
    try:
        yield
    except CallgateError as error:
        _explain(error)
        raise typer.Exit(_code(error)) from None


def _code(error: CallgateError) -> int:
    of_the_sdk = error.__cause__ is None  # what a gateway said has gRPC's error as its cause
    is_usage = isinstance(error, RequestInvalid | ArgumentsInvalid | ToolNotLocked)
    if isinstance(error, EndpointInvalid | LockInvalid) or (of_the_sdk and is_usage):
        return USAGE
    return NOT_FOUND if isinstance(error, _ABSENT) else REFUSED


def _explain(error: CallgateError) -> None:
    tell(error.message, style="red")
    for violation in error.violations:
        # The gateway's message has the first of them.
        if violation.expected not in error.message:
            tell(f"  {violation.pointer or 'the arguments'}: {violation.expected}")
    tell_cure(error.cure)
    if type(error) in _MISSED:
        tell_cure(_elsewhere())
    if error.retryable and error.idempotency_key:
        tell(f"To send the same call again without a second effect, add --key {error.idempotency_key}")


def _elsewhere() -> str:
    """Where the gateway of `callgate up` is, if it is not the one that was asked for."""
    at_home, asked = address_at_home(os.environ), os.environ.get("CALLGATE_ADDRESS")
    if not (at_home and asked) or at_home == asked:
        return ""
    return f"The gateway of {home_of(os.environ)} was started on another address: export CALLGATE_ADDRESS={at_home}"

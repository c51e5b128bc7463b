"""The client that every command uses. Its errors become text on stderr and an exit code, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from callgate import CallgateError, Client, RetryPolicy
from callgate.errors import HostNotFound, InvocationNotFound, PrincipalNotFound, RecordingNotFound, ToolNotFound
from gateway.cli.terminal.exit_codes import NOT_FOUND, REFUSED
from gateway.cli.terminal.output import tell, tell_cure

#: Seconds. A person at the keyboard would rather read the cure than wait for a gateway that is down.
PATIENCE = 0.5

_ABSENT = (HostNotFound, InvocationNotFound, PrincipalNotFound, RecordingNotFound, ToolNotFound)


@contextmanager
def connect() -> Iterator[Client]:
    """A client of the gateway that the environment names. A CallgateError goes to stderr and ends the program, with code 5 for
    what is not there, and with code 3 for all else."""
    try:
        with Client.from_environment(retry=RetryPolicy(patience=PATIENCE)) as client:
            yield client
    except CallgateError as error:
        _explain(error)
        raise typer.Exit(NOT_FOUND if isinstance(error, _ABSENT) else REFUSED) from None


def _explain(error: CallgateError) -> None:
    tell(error.message, style="red")
    for violation in error.violations:
        tell(f"  {violation.pointer or 'the arguments'}: {violation.expected}")
    tell_cure(error.cure)
    if error.retryable and error.idempotency_key:
        tell(f"To send the same call again without a second effect, add --key {error.idempotency_key}")

"""`callgate find`: tells which call has an idempotency key."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import absent
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text

NOT_KNOWN = "None was made with it, or its record has ended. `callgate list` has the calls on record."


def register(app: typer.Typer) -> None:
    app.command("find")(find)


def find(key: Annotated[str, typer.Argument(help="the idempotency key of your call")], *, form: Output = Form.TABLE) -> None:
    """Find your call with a key, as it stands. Nothing runs.

    The exit code is 0 whatever became of the call, and 5 where no call has the key: none was made with it, or the time for
    which its record is kept is over.
    """
    with connect() as client:
        found = client.invocations.find(key)
    if not shown_as(form, found) and found is not None:
        show_text(f"{found.id} {found.tool}: {found.outcome or found.state}")
    if found is None:
        raise absent("no call of yours has this key", NOT_KNOWN)

"""`callgate find`: tells which call has an idempotency key."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import NOT_FOUND
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text, tell


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
        tell("no call of yours has this key", style="red")
        raise typer.Exit(NOT_FOUND)

"""`callgate find`: tells which call has an idempotency key."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.options import AsJson
from gateway.cli.terminal.output import show_json, show_text, tell


def register(app: typer.Typer) -> None:
    app.command("find")(find)


def find(key: Annotated[str, typer.Argument(help="the idempotency key of your call")], *, as_json: AsJson = False) -> None:
    """Find your call with a key, as it stands. Nothing runs.

    The exit code is 0 whatever became of the call, and 1 where no call has the key: none was made with it, or the time for
    which its record is kept is over.
    """
    with connect() as client:
        found = client.find(key)
    if as_json:
        show_json(found)
    elif found is not None:
        show_text(f"{found.id} {found.tool}: {found.outcome or found.state}")
    if found is None:
        tell("no call of yours has this key", style="red")
        raise typer.Exit(FAILED)

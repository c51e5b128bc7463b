"""`callgate cancel`: asks the gateway to end a call."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.output import show_text


def register(app: typer.Typer) -> None:
    app.command("cancel")(cancel)


def cancel(invocation: Annotated[str, typer.Argument(help="the id that `callgate call` printed")]) -> None:
    """Ask the gateway to end a call. A call that has ended stays as it is."""
    with connect() as client:
        found = client.cancel(invocation)
    show_text(f"{found.id} {found.tool}: {found.outcome or found.state}")

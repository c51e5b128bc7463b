"""`callgate cancel`: asks the gateway to end a call."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text


def register(app: typer.Typer) -> None:
    app.command("cancel")(cancel)


def cancel(
    invocation: Annotated[str, typer.Argument(help="the id that `callgate call` printed")], *, form: Output = Form.TABLE
) -> None:
    """Ask the gateway to end a call. A call that has ended stays as it is."""
    with connect() as client:
        found = client.invocations.handle(invocation).cancel()
    if not shown_as(form, found):
        show_text(f"{found.id} {found.tool}: {found.outcome or found.state}")

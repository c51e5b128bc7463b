"""`callgate exchange`: what calls were asked and answered, where their tools' manifests have it kept."""

import json
from datetime import datetime
from typing import Annotated

import typer

from callgate import Exchange
from gateway.cli.calls.answers import in_words
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import show_text


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("show")(show)
    commands.command("erase")(erase)
    app.add_typer(commands, name="exchange", help="Show what a call was asked and answered, where that is kept; erase it.")


def show(
    invocation: Annotated[str, typer.Argument(help="the id that `callgate call` printed")], form: Output = Form.TABLE
) -> None:
    """Show what a call was asked and answered, as far as its tool's manifest has it kept (`keep`)."""
    with connect() as client:
        found = client.invocations.exchange(invocation)
    if not shown_as(form, found):
        for line in told(found):
            show_text(line)


def erase(tenant: Annotated[str, typer.Argument(help="whose calls")], *, form: Output = Form.TABLE) -> None:
    """Delete all that is kept of what a tenant's calls were asked and answered. For operators. Calls keep their records."""
    with connect() as client:
        erased = client.invocations.erase_exchanges(tenant)
    if not shown_as(form, {"tenant": tenant, "erased": erased}):
        show_text(f"{erased:,} exchanges of {tenant} were erased")


def told(exchange: Exchange) -> list[str]:
    """Lines for people."""
    result = getattr(exchange.outcome, "result", None)
    answered = str(exchange.outcome) if exchange.outcome else "not kept"
    return [
        f"{exchange.id}  {exchange.tool}  {exchange.agent} for {exchange.subject}, run {exchange.run_id or 'none'}",
        f"ended {_clock(exchange.ended)}, kept until {_clock(exchange.expires)}",
        f"asked: {'not kept' if exchange.arguments is None else json.dumps(exchange.arguments, ensure_ascii=False)}",
        f"answered: {answered}",
        *([in_words(result)] if result is not None else []),
    ]


def _clock(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")

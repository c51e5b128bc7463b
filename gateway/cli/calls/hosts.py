"""`callgate host`: shows the hosts that boxes are on, and takes an operator's word that one is gone for good."""

from typing import Annotated

import typer

from callgate import Host
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table

#: Characters of an engine's id that a table shows. `-o json` has it whole.
ENGINE_LENGTH = 8


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("list")(list_hosts)
    commands.command("lost")(lost)
    app.add_typer(commands, name="host", help="See the hosts that boxes are on, and declare one lost that is gone for good.")


def list_hosts(*, form: Output = Form.TABLE) -> None:
    """List every host, with its gateways that live, and what waits for its boxes."""
    with connect() as client:
        found = list(client.hosts.list())
    if shown_as(form, found):
        return
    listed = table("host", "machine, engine", "gateways", "boxes, calls waiting", "state", whole=("host", "gateways"))
    for host in found:
        machine, gateways = f"{host.name}\n{host.engine[:ENGINE_LENGTH]}", "\n".join(host.gateways)
        state = f"{_state(host)}\nlast seen {host.seen:%Y-%m-%d %H:%M:%S}"
        listed.add_row(*row(host.id, machine, gateways, f"{host.boxes}, {host.waiting}", state))
    show(listed)


def lost(
    host: Annotated[str, typer.Argument(help="the host's id", metavar="HOST")],
    *,
    reason: Annotated[str, typer.Option(help="how you know that its boxes are gone; it goes into the audit log")],
    form: Output = Form.TABLE,
) -> None:
    """Declare, in your name, that a host is gone for good, and every box on it.

    Calls that wait for its boxes go on, or can be decided. Do so only when nothing on that machine runs any more: a box that
    still runs there could act a second time.
    """
    with connect() as client:
        found = client.hosts.declare_lost(host, reason=reason)
    if not shown_as(form, found):
        show_text(f"{found.id} {found.name}: {_state(found)}. Calls that still wait for it: {found.waiting}")


def _state(host: Host) -> str:
    if host.lost is not None:
        return f"lost, as {host.lost.author} said: {host.lost.reason}"
    return "lives" if host.gateways else "silent"

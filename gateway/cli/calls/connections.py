"""`callgate connections` and `callgate disconnect`: who is connected to which API, since when and until when; and its end."""

from typing import Annotated

import typer

from callgate import ApiConnection
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table, tell

_MOMENT = "%Y-%m-%d %H:%M UTC"


def register(app: typer.Typer) -> None:
    app.command("connections")(connections)
    app.command("disconnect")(disconnect)


def connections(*, form: Output = Form.TABLE) -> None:
    """List who is connected to which API: you and your tenant; all of your tenant's, where you may import or operate."""
    with connect() as client:
        found = list(client.connections.list())
    if shown_as(form, found):
        return
    listed = table("toolset", "secret, credential", "subject", "since, until", "state", whole=("toolset",))
    for one in found:
        times = f"{one.since:{_MOMENT}}\n{_until(one)}"
        listed.add_row(*row(one.toolset, f"{one.path}\n{one.credential}", one.subject or "the tenant", times, _state(one)))
    show(listed, empty="There is no connection. `callgate connect TOOLSET` connects you.")


def disconnect(
    toolset: Annotated[str, typer.Argument(help="the toolset that you connected", metavar="TOOLSET")],
    *,
    credential: Annotated[str, typer.Option(help="the path or id of one, where the toolset has several")] = "",
    subject: Annotated[str, typer.Option(help="another subject than yours, where you may import or operate")] = "",
    form: Output = Form.TABLE,
) -> None:
    """Take a consent back: what is kept in Vault is removed, and the API is asked to revoke it, if the manifest says where."""
    with connect() as client:
        done = client.connections.disconnect(toolset, credential=credential, subject=subject)
    if shown_as(form, done):
        return
    show_text(f"{toolset}: {'disconnected' if done.removed else 'not connected (any more)'}")
    if done.removed and not done.revoked:
        why = done.reason or "the manifest names no revocation_url"
        tell(f"The API was not told to revoke it: {why}. Take the consent back there, too.", style="yellow")


def told_of(one: ApiConnection) -> str:
    """In one line."""
    return f"{one.subject or 'the tenant'}, {_until(one)}"


def _until(one: ApiConnection) -> str:
    if one.until is None and not one.renews:
        return "until the API refuses it: the token endpoint has told no end that can be read"
    if one.until is None:
        return "until it is taken back"
    return f"until {one.until:{_MOMENT}}"


def _state(one: ApiConnection) -> str:
    if one.lapsed:
        return f"connect again: {one.lapsed}"
    return "connected, renewed by itself" if one.renews else "connected"

"""`callgate toolset publish`, `withdraw` and `published`: which toolsets of one tenant another one sees."""

from typing import Annotated

import typer

from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table

Toolset = Annotated[str, typer.Argument(help="the toolset's name, such as orders", metavar="TOOLSET")]
Owner = Annotated[str, typer.Option(help="the tenant that has imported it; without this, your own", metavar="TENANT")]


def register(commands: typer.Typer) -> None:
    commands.command("publish")(publish)
    commands.command("withdraw")(withdraw)
    commands.command("published")(published)


def publish(
    toolset: Toolset,
    *,
    to: Annotated[str, typer.Option(help="the tenant whose callers are to see it", metavar="TENANT")],
    owner: Owner = "",
    form: Output = Form.TABLE,
) -> None:
    """Let the callers of another tenant see and call the tools of a toolset, as far as their own rights reach.

    They call its tools with the secrets of the tenant that owns it. That tenant alone decides about versions.
    """
    with connect() as client:
        client.toolsets.publish(toolset, to, owner=owner)
    if not shown_as(form, {"toolset": toolset, "tenant": to, "published": True}):
        show_text(f"{toolset} is published to {to}")


def withdraw(
    toolset: Toolset,
    *,
    from_: Annotated[str, typer.Option("--from", help="the tenant that is to see it no more", metavar="TENANT")],
    owner: Owner = "",
    form: Output = Form.TABLE,
) -> None:
    """Take a publication back. Calls that are under way end as they would have ended."""
    with connect() as client:
        changed = client.toolsets.withdraw(toolset, from_, owner=owner)
    if not shown_as(form, {"toolset": toolset, "tenant": from_, "published": False, "changed": changed}):
        show_text(f"{toolset} is published to {from_} no more" if changed else f"{toolset} was not published to {from_}")


def published(*, form: Output = Form.TABLE) -> None:
    """List every publication, and who made it."""
    with connect() as client:
        found = list(client.toolsets.publications())
    if shown_as(form, found):
        return
    listed = table("owner", "toolset", "published to", "by", whole=("toolset",))
    for one in found:
        listed.add_row(*row(one.owner, one.toolset, one.tenant, f"{one.subject} ({one.agent}), {one.at:%Y-%m-%d %H:%M}"))
    show(listed, empty="No toolset is published to another tenant.")

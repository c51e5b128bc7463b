"""`callgate tools search`: the tools that fit best what is to be done."""

from typing import Annotated

import typer

from callgate import Effect, FoundTool
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output, member
from gateway.cli.terminal.output import row, show, table, tell

NONE = "No tool fits. Say it in other words, or leave out what narrows it: `callgate tools` lists all that can be called."


def search_tools(
    query: Annotated[list[str], typer.Argument(help="what is to be done, in words: cancel an order")],
    *,
    toolset: Annotated[str | None, typer.Option(help="only the tools of this toolset")] = None,
    effect: Annotated[list[str] | None, typer.Option(help="only this effect, such as read; may be given again")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="only tools with this tag; may be given again")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=50)] = 10,
    form: Output = Form.TABLE,
) -> None:
    """Find the tools that fit best what is to be done."""
    effects = [member(Effect, "--effect", one) for one in effect or ()]
    with connect() as client:
        found = client.tools.search(" ".join(query), toolset=toolset, effects=effects, tags=tag or (), limit=limit)
    if shown_as(form, found):
        return
    if found:
        show(_table(found))
    else:
        tell(NONE)


def _table(found: tuple[FoundTool, ...]) -> object:
    listing = table("tool", "score", "effect", "toolset", "description", whole=("tool",))
    for one in found:
        tool = one.tool
        summary = tool.description.partition("\n")[0]
        listing.add_row(*row(tool.reference, f"{one.score:.2f}", tool.effect, tool.toolset, summary))
    return listing

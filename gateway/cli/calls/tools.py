"""`callgate tools`: lists the tools that a caller can call."""

from dataclasses import replace
from typing import Annotated

import typer

from callgate import Tool
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.exit_codes import REFUSED
from gateway.cli.terminal.options import AsJson
from gateway.cli.terminal.output import row, show, show_json, table, tell
from registry.model.tool import JsonObject
from registry.schema.provider_variants import Variant, VariantImpossible, variant

#: An empty table tells a new tenant nothing.
NONE = "No tool: your tenant has imported none, and an operator has published none to it (`callgate toolset publish`)."


def register(app: typer.Typer) -> None:
    commands = typer.Typer(invoke_without_command=True)
    commands.callback()(list_tools)
    commands.command("show")(show_tools)
    app.add_typer(commands, name="tools", help="List the tools, or show some in full.")


def list_tools(
    context: typer.Context,
    toolset: Annotated[str | None, typer.Option(help="only the tools of this toolset")] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest version of every tool."""
    if context.invoked_subcommand:
        return
    with connect() as client:
        tools = client.list_tools(toolset)
    if as_json:
        show_json(tools)
    elif tools or toolset:
        show(_table(tools))
    else:
        tell(NONE)


def show_tools(
    references: Annotated[list[str], typer.Argument(help="name, name@1.0.0 or name@sha256:…")],
    form: Annotated[
        Variant | None,
        typer.Option("--variant", help="show the input schema in a form for providers that take only a part of JSON Schema"),
    ] = None,
) -> None:
    """Show tools with their schemas, as JSON."""
    with connect() as client:
        for reference in references:
            tool = client.get_tool(reference)
            show_json(tool if form is None else replace(tool, input_schema=_in_form(tool, form)))


def _in_form(tool: Tool, form: Variant) -> JsonObject:
    try:
        return variant(dict(tool.input_schema), form)
    except VariantImpossible as impossible:
        tell(f"{tool.reference} has no {form} form: {impossible}", style="red")
        raise typer.Exit(REFUSED) from None


def _table(tools: list[Tool]) -> object:
    listing = table("tool", "effect", "toolset", "description", whole=("tool",))
    for tool in tools:
        listing.add_row(*row(tool.reference, tool.effect, tool.toolset, tool.description.partition("\n")[0]))
    return listing

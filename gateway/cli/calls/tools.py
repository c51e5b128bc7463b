"""`callgate tools`: lists the tools that a caller can call."""

import json
from dataclasses import replace
from typing import Annotated

import typer

from callgate import Tool
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import jsonable, shown_as
from gateway.cli.terminal.exit_codes import REFUSED, absent
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, table, tell
from registry.model.tool import JsonObject
from registry.schema.provider_variants import Variant, VariantImpossible
from registry.schema.provider_variants import variant as variant_of

#: Where no tool is of the toolset that is asked for: a program would take an empty list for an answer.
STATUS = "`callgate tools` lists all that can be called, `callgate toolset status` the versions that wait or are disabled, too."

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
    form: Output = Form.TABLE,
) -> None:
    """List the newest version of every tool."""
    if context.invoked_subcommand:
        return
    with connect() as client:
        tools = list(client.tools.list(toolset))
    if toolset and not tools:
        raise absent(f"No tool of a toolset {toolset} can be called by you.", STATUS)
    if shown_as(form, tools):
        return
    if tools:
        show(_table(tools))
    else:
        tell(NONE)


def show_tools(
    references: Annotated[list[str], typer.Argument(help="name, name@1.0.0 or name@sha256:…")],
    variant: Annotated[
        Variant | None,
        typer.Option(help="show the input schema in a form for providers that take only a part of JSON Schema"),
    ] = None,
    *,
    form: Output = Form.JSON,
) -> None:
    """Show tools with their schemas, as JSON or else as you say."""
    with connect() as client:
        for reference in references:
            tool = client.tools.get(reference)
            shown = tool if variant is None else replace(tool, input_schema=_in_form(tool, variant))
            if not shown_as(form, shown):
                show(_whole(shown))


def _in_form(tool: Tool, form: Variant) -> JsonObject:
    try:
        return variant_of(dict(tool.input_schema), form)
    except VariantImpossible as impossible:
        tell(f"{tool.reference} has no {form} form: {impossible}", style="red")
        raise typer.Exit(REFUSED) from None


def _whole(tool: Tool) -> object:
    """A row for each field of a tool."""
    fields = table("field", "value", whole=("field",))
    for name, value in jsonable(tool).items():
        fields.add_row(*row(name, value if isinstance(value, str) else json.dumps(value)))
    return fields


def _table(tools: list[Tool]) -> object:
    listing = table("tool", "effect", "toolset", "description", whole=("tool",))
    for tool in tools:
        listing.add_row(*row(tool.reference, tool.effect, tool.toolset, tool.description.partition("\n")[0]))
    return listing

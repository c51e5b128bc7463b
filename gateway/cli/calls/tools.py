"""`callgate tools`: lists the tools that a caller can call."""

import json
from typing import Annotated

import typer

from callgate import SchemaForm, Tool, ToolName
from gateway.cli.calls.tool_search import search_tools
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import jsonable, shown_as
from gateway.cli.terminal.exit_codes import REFUSED, absent
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, table, tell

#: Where no tool is of the toolset that is asked for: a program would take an empty list for an answer.
STATUS = "`callgate tools` lists all that can be called, `callgate toolset status` the versions that wait or are disabled, too."

#: An empty table tells a new tenant nothing.
NONE = "No tool: your tenant has imported none, and an operator has published none to it (`callgate toolset publish`)."


def register(app: typer.Typer) -> None:
    commands = typer.Typer(invoke_without_command=True)
    commands.callback()(list_tools)
    commands.command("show")(show_tools)
    commands.command("search")(search_tools)
    app.add_typer(commands, name="tools", help="List the tools, show some in full, or find those that fit.")


def list_tools(
    context: typer.Context,
    toolset: Annotated[str | None, typer.Option(help="only the tools of this toolset")] = None,
    *,
    name: Annotated[str | None, typer.Option(help="only names that fit this pattern, such as 'orders_*'")] = None,
    names: Annotated[bool, typer.Option("--names", help="names and versions alone: for catalogs of thousands")] = False,
    form: Output = Form.TABLE,
) -> None:
    """List the newest version of every tool."""
    if context.invoked_subcommand:
        return
    with connect() as client:
        tools: list[Tool] = [] if names else list(client.tools.list(toolset, name=name))
        named: list[ToolName] = list(client.tools.names(toolset, name=name)) if names else []
    found: list[Tool] | list[ToolName] = named if names else tools
    if (toolset or name) and not found:
        raise absent(f"No {_wanted(toolset, name)} can be called by you.", STATUS)
    if shown_as(form, found):
        return
    if found:
        show(_names(named) if names else _table(tools))
    else:
        tell(NONE)


def _wanted(toolset: str | None, name: str | None) -> str:
    return f"tool{f' like {name}' if name else ''}{f' of a toolset {toolset}' if toolset else ''}"


def show_tools(
    references: Annotated[list[str], typer.Argument(help="name, name@1.0.0 or name@sha256:…")],
    *,
    schema_form: Annotated[
        SchemaForm | None,
        typer.Option(case_sensitive=False, help="how the input schema is written: some providers take less than JSON Schema"),
    ] = None,
    token_budget: Annotated[
        int | None, typer.Option(help="tokens that a tool may take in the form REDUCED; 8000 without this", min=1)
    ] = None,
    form: Output = Form.JSON,
) -> None:
    """Show tools with their schemas, as JSON or else as you say."""
    with connect() as client:
        for reference in references:
            tool = client.tools.get(reference, schema_form=schema_form, token_budget=token_budget)
            if tool.schema_form_refusal:
                tell(f"{tool.reference} has no form {schema_form}: {tool.schema_form_refusal}", style="red")
                raise typer.Exit(REFUSED)
            if not shown_as(form, tool):
                show(_whole(tool))


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


def _names(tools: list[ToolName]) -> object:
    listing = table("tool", "toolset", "state", whole=("tool",))
    for tool in tools:
        listing.add_row(*row(f"{tool.name}@{tool.version}", tool.toolset, tool.state))
    return listing

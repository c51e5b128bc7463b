"""`callgate toolset`: OpenAPI documents become tools, tools get versions, and versions get the say of an operator."""

import typer

from gateway.cli import toolset_import, toolset_states, toolset_verify, toolset_watch
from gateway.cli.bundle import bundle_document


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    for group in (toolset_import, toolset_watch, toolset_states, toolset_verify):
        group.register(commands)
    commands.command("bundle")(bundle_document)
    app.add_typer(commands, name="toolset", help="Turn OpenAPI documents into tools, and decide which versions may be called.")

"""`callgate init`: asks what a document leaves open, writes a toolset's first manifest, and says what to type next."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import show_text, tell
from gateway.cli.toolset.access import Header, Headers, headers_from, typed_again
from gateway.cli.toolset.decisions import DOCUMENT, Given, decide
from gateway.cli.toolset.first_manifest import manifest_text
from gateway.cli.toolset.import_request import MANIFEST, Server
from gateway.cli.toolset.new_manifest import FirstDocument, read_to_begin, require_absent, write_manifest
from gateway.cli.toolset.next_commands import next_commands
from gateway.cli.toolset.questions import Interview, interview


def register(app: typer.Typer) -> None:
    app.command("init")(init)


def options(
    *,
    name: Annotated[str, typer.Option(help="the toolset's name, such as orders; without this, of the document's title")] = "",
    server: Server = "",
    credential: Annotated[
        list[str] | None,
        typer.Option(help="where Vault keeps the secret of a security scheme; may be repeated", metavar="SCHEME=PATH#FIELD"),
    ] = None,
    no_credential: Annotated[bool, typer.Option("--no-credential", help="the API is called without a secret")] = False,
    promote: Annotated[
        bool | None, typer.Option("--promote/--hold", help="whether the tools can be called as soon as they are imported")
    ] = None,
) -> Given:
    if credential and no_credential:
        raise typer.BadParameter("give --credential or --no-credential, not both", param_hint="--no-credential")
    return Given(name, server, credential or (), no_credential=no_credential, promote=promote)


@taking(options)
def init(
    given: Given,
    source: Annotated[str, typer.Argument(help="an OpenAPI document, JSON or YAML: a file, or an http(s) URL")] = "",
    *,
    header: Header = None,
    manifest: Annotated[Path, typer.Option(help="the file to write; one that is there is left as it is")] = MANIFEST,
    yes: Annotated[bool, typer.Option("--yes", help="ask nothing: take the options, and defaults for all else")] = False,
    form: Output = Form.TABLE,
) -> None:
    """Write the first manifest of a toolset, and print the commands that lead from there to the first call.

    At a terminal it asks for what it needs. Without one, or with --yes, each question's option answers it, or its default; the
    exit code is 2 where it has neither. No gateway is asked.
    """
    require_absent(manifest)
    asked = interview(yes=yes)
    document = _begin(asked, source, headers_from(header))
    decided = decide(asked, document.open, given)
    compiled = document.compiled(decided)
    write_manifest(manifest, manifest_text(decided, document.source, manifest, document.open, compiled.drafts))
    commands = list(next_commands(decided, manifest, compiled.drafts, tuple(typed_again(header))))
    tools = [draft.name for draft in compiled.drafts]
    if shown_as(form, {"manifest": manifest, "tools": tools, "commands": commands}):
        return
    if compiled.faults:
        tell(
            f"Faults in the document: {len(compiled.faults):,}. `callgate toolset plan` says the cure of each.", style="yellow"
        )
    tell(f"{manifest} is written. Tools: {len(tools):,}. Decide what it leaves open, and type then:")
    show_text("\n".join(commands))


def _begin(asked: Interview, given: str, headers: Headers) -> FirstDocument:
    """A person who was asked for the document may mend a wrong answer."""
    while True:
        try:
            return read_to_begin(asked.answer(DOCUMENT, given), headers)
        except typer.BadParameter as error:
            if given or not asked.asks:
                raise
            tell(error.message, style="red")

"""`callgate init`: asks what a document leaves open, writes a toolset's first manifest, and says what to type next."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import show_text, tell
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import Header, Headers, headers_from
from gateway.cli.toolset.decisions import DOCUMENT, Decisions, Given, decide
from gateway.cli.toolset.first_manifest import manifest_text
from gateway.cli.toolset.import_request import MANIFEST, Server, read_document
from gateway.cli.toolset.next_commands import next_commands
from gateway.cli.toolset.questions import Interview, interview
from gateway.cli.toolset.report import fault_of, show_faults
from registry.compiler.compiler import Compiled, compile_document
from registry.compiler.open_questions import OpenQuestions, open_questions
from registry.document.loading import load
from registry.manifest.reader import read_manifest
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import ManifestInvalid, RegistryError
from registry.model.tool import JsonObject


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
    _require_absent(manifest)
    asked = interview(yes=yes)
    document = _document(asked, source, headers_from(header))
    decided, compiled = document.decide(asked, given)
    _write(manifest, manifest_text(decided, document.source, manifest, document.open, compiled.drafts))
    commands = list(next_commands(decided, manifest, compiled.drafts))
    tools = [draft.name for draft in compiled.drafts]
    if shown_as(form, {"manifest": manifest, "tools": tools, "commands": commands}):
        return
    if compiled.faults:
        tell(
            f"Faults in the document: {len(compiled.faults):,}. `callgate toolset plan` says the cure of each.", style="yellow"
        )
    tell(f"{manifest} is written. Tools: {len(tools):,}. Decide what it leaves open, and type then:")
    show_text("\n".join(commands))


@dataclass(frozen=True, slots=True)
class _Document:
    """A document that has been read, and what is to be asked about it."""

    source: str
    text: JsonObject
    open: OpenQuestions

    def decide(self, asked: Interview, given: Given) -> tuple[Decisions, Compiled]:
        """What the operator decides, and what becomes of the operations by that. Ends the program where nothing does."""
        decided = decide(asked, self.open, given)
        origin = sources.origin(self.source)
        header = ToolsetHeader(decided.toolset, decided.server or None, credentials=decided.credentials, origin=origin)
        try:
            compiled = compile_document(self.text, header)
        except RegistryError as error:
            raise refusal(error) from None
        if not compiled.drafts:
            show_faults(tuple(fault_of(fault) for fault in compiled.faults))
            tell("No operation of the document becomes a tool, so no manifest is written.", style="red")
            raise typer.Exit(FAILED)
        return decided, compiled


def _document(asked: Interview, given: str, headers: Headers) -> _Document:
    """Ends the program for a document that no import would take, as an import does."""
    source = asked.answer(DOCUMENT, given)
    if source == sources.STDIN:
        raise typer.BadParameter("a manifest names where the document lies: name a file or a URL", param_hint="SOURCE")
    try:
        text = load(read_document(source, headers))
        compile_document(text, ToolsetHeader("asked"))
        return _Document(source, text, open_questions(text, sources.origin(source)))
    except RegistryError as error:
        raise refusal(error) from None


def _require_absent(manifest: Path) -> None:
    if os.path.lexists(manifest):
        raise _is_there(manifest)


def _write(manifest: Path, text: str) -> None:
    """Never over a file that has come meanwhile, and nothing that an import would not read."""
    try:
        read_manifest(text.encode())
        with manifest.open("x", encoding="utf-8") as file:
            file.write(text)
    except ManifestInvalid as error:
        raise refusal(error) from None
    except FileExistsError:
        raise _is_there(manifest) from None
    except OSError as error:
        raise typer.BadParameter(f"{manifest} cannot be written: {error.strerror}", param_hint="--manifest") from None


def _is_there(manifest: Path) -> typer.BadParameter:
    return typer.BadParameter(f"{manifest} is there already: name another file, or move that one away", param_hint="--manifest")

"""What `callgate init` and `callgate toolset init` have in common: the document that they begin with, and the file that they
write."""

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from gateway.cli.terminal.exit_codes import FAILED, refusal
from gateway.cli.terminal.output import tell
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import Headers
from gateway.cli.toolset.decisions import Decisions
from gateway.cli.toolset.import_request import read_document
from gateway.cli.toolset.report import fault_of, show_faults
from registry.compiler.compiler import Compiled, compile_document
from registry.compiler.open_questions import OpenQuestions, open_questions
from registry.document.loading import load
from registry.manifest.reader import read_manifest
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import ManifestInvalid, RegistryError
from registry.model.tool import JsonObject


@dataclass(frozen=True, slots=True)
class FirstDocument:
    """A document that has been read, and what it leaves open."""

    source: str
    text: JsonObject
    open: OpenQuestions

    def compiled(self, decided: Decisions) -> Compiled:
        """What becomes of the operations by what is decided. Ends the program where nothing does."""
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
        return compiled


def read_to_begin(source: str, headers: Headers) -> FirstDocument:
    """Ends the program for a document that no import would take, as an import does. Raises BadParameter."""
    if source == sources.STDIN:
        raise typer.BadParameter("a manifest names where the document lies: name a file or a URL", param_hint="SOURCE")
    try:
        text = load(read_document(source, headers))
        compile_document(text, ToolsetHeader("asked"))
        return FirstDocument(source, text, open_questions(text, sources.origin(source)))
    except RegistryError as error:
        raise refusal(error) from None


def require_absent(manifest: Path) -> None:
    if os.path.lexists(manifest):
        raise _is_there(manifest)


def write_manifest(manifest: Path, text: str) -> None:
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

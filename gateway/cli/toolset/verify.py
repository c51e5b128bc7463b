"""`callgate toolset verify`: checks against an independent reader how Callgate reads a document, before it is imported."""

import typer

from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.exit_codes import FAILED, USAGE, refusal
from gateway.cli.terminal.options import Form, Output
from gateway.cli.terminal.output import row, show, show_text, table
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.access import Header, headers_from
from gateway.cli.toolset.import_request import Server, Source, read_document
from gateway.cli.toolset.report import fault_of, show_faults
from registry.compiler.compiler import Compiled, compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.errors import RegistryError
from registry.verify.verifying import Verification, verify


def register(commands: typer.Typer) -> None:
    commands.command("verify")(verify_document)


def verify_document(source: Source, server: Server = "", *, header: Header = None, form: Output = Form.TABLE) -> None:
    """Build sample requests for each operation, and let an independent reader of the document judge them.

    Nothing is imported, and no gateway is asked.
    """
    try:
        document = load(read_document(source, headers_from(header)))
        compiled = compile_document(document, ToolsetHeader("verified", server or None, origin=sources.origin(source)))
        found = verify(document, compiled)
    except RegistryError as error:
        raise refusal(error, code=USAGE) from None
    if not shown_as(form, {"verification": found, "faults": compiled.faults}):
        _show_verification(found, compiled)
    if found.refusals:
        raise typer.Exit(FAILED)


def _show_verification(found: Verification, compiled: Compiled) -> None:
    refusals = table("tool", "sample", "whose mistake", "why the judge refuses the request")
    for one in found.refusals:
        refusals.add_row(*row(one.tool, one.sample, one.whose, one.reason))
    if found.refusals:
        show(refusals)
    show_faults(tuple(fault_of(fault) for fault in compiled.faults))
    show_text(
        f"{found.operations:,} tools, {found.samples:,} requests sampled, {found.accepted:,} accepted, "
        f"{len(found.refusals):,} refused, {len(found.unsampled):,} tools without a sample, {len(compiled.faults):,} faults"
    )

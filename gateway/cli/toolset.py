"""`callgate toolset import` and `verify`: OpenAPI documents become tools, or are held against an independent reader first."""

import os
from pathlib import Path
from typing import Annotated

import typer

from callgate import ImportFault, ImportReport
from gateway.cli import source as sources
from gateway.cli.bundle import bundle_document
from gateway.cli.connection import REFUSED, connect
from gateway.cli.gathering import MANIFEST, Words, gather, read_document
from gateway.cli.output import row, show, show_text, table, tell, tell_cure
from gateway.cli.provision import provision_roles, require_named
from gateway.embedded.state_dir import default_home
from registry.compiling import Compiled, compile_document
from registry.errors import RegistryError
from registry.loading import load
from registry.toolset import ToolsetHeader
from registry.verifying import Verification, verify

FAILED = 1
SHOWN_TOOLS = 50
Source = Annotated[str, typer.Argument(help="an OpenAPI 3.0 or 3.1 document, JSON or YAML: a file, or an http(s) URL")]
Server = Annotated[str, typer.Option(help="the API's base URL, in place of the document's own", metavar="URL")]


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True)
    commands.command("import")(import_toolset)
    commands.command("verify")(verify_document)
    commands.command("bundle")(bundle_document)
    app.add_typer(commands, name="toolset", help="Turn OpenAPI documents into tools.")


def import_toolset(
    source: Annotated[str, typer.Argument(help="an OpenAPI document, JSON or YAML: a file, or an http(s) URL")] = "",
    *,
    name: Annotated[str, typer.Option(help="the toolset's name, such as orders")] = "",
    manifest: Annotated[Path | None, typer.Option(help=f"what to make of the operations; without SOURCE: {MANIFEST}")] = None,
    server: Server = "",
    credential: Annotated[
        list[str] | None, typer.Option(help="the secret for a security scheme", metavar="SCHEME=PATH#FIELD")
    ] = None,
    require_approval: Annotated[
        list[str] | None, typer.Option(help="tools whose calls a person must approve, such as 'pay_*'", metavar="PATTERN")
    ] = None,
    vault_address: Annotated[str | None, typer.Option(help="where the roles for the secrets are made", metavar="URL")] = None,
    vault_token_file: Annotated[Path | None, typer.Option(help="a token that may make them, not the gateway's")] = None,
) -> None:
    """Compile a document into tools. Importing the same document again changes nothing.

    Tools with a credential need token roles in Vault. They are made here: in the Vault named, or in the stack's own.
    """
    gathered = gather(Words(source, name, server, tuple(credential or ()), tuple(require_approval or ()), manifest))
    document = read_document(gathered.source)
    with connect() as client:
        report = client.import_toolset(
            document,
            gathered.toolset,
            server=gathered.server,
            credentials=gathered.credentials,
            require_approval=gathered.require_approval,
            origin=sources.origin(gathered.source),
            manifest=gathered.manifest,
        )
    _show_report(report, gathered.toolset)
    require_named(report.roles, gathered.secrets)
    if report.roles and not provision_roles(report.roles, vault_address, vault_token_file, default_home(os.environ)):
        tell_cure(
            f"{len(report.roles):,} tools cannot be called before Vault has their roles: "
            "import again with --vault-address and --vault-token-file."
        )
    if not report.tools:
        raise typer.Exit(FAILED)


def verify_document(source: Source, server: Server = "") -> None:
    """Build a request for each operation here, and let an independent reader of the document judge it. Nothing is imported."""
    try:
        document = load(read_document(source))
        compiled = compile_document(document, ToolsetHeader("verified", server or None))
        found = verify(document, compiled)
    except RegistryError as error:
        tell(str(error), style="red")
        tell_cure(error.cure)
        raise typer.Exit(REFUSED) from None
    _show_verification(found, compiled)
    if found.refusals:
        raise typer.Exit(FAILED)


def _show_report(report: ImportReport, name: str) -> None:
    tools = table("tool", "effect", "request", "credential", "approval")
    for tool in report.tools[:SHOWN_TOOLS]:
        request = f"{tool.method} {tool.endpoint}"
        tools.add_row(*row(tool.reference, tool.effect, request, _tick(tool.needs_credential), _tick(tool.requires_approval)))
    show(tools)
    if len(report.tools) > SHOWN_TOOLS:
        show_text(f"… and {len(report.tools) - SHOWN_TOOLS:,} more: callgate tools --toolset {name}")
    _show_faults(report.faults)
    show_text(f"{report.added:,} added, {report.unchanged:,} unchanged, {len(report.faults):,} faults")


def _show_verification(found: Verification, compiled: Compiled) -> None:
    refusals = table("tool", "sample", "whose mistake", "why the judge refuses the request")
    for refusal in found.refusals:
        refusals.add_row(*row(refusal.tool, refusal.sample, refusal.whose, refusal.reason))
    if found.refusals:
        show(refusals)
    _show_faults(tuple(ImportFault(fault.pointer, fault.message, fault.cure) for fault in compiled.faults))
    show_text(
        f"{found.operations:,} tools, {found.samples:,} requests sampled, {found.accepted:,} accepted, "
        f"{len(found.refusals):,} refused, {len(found.unsampled):,} tools without a sample, {len(compiled.faults):,} faults"
    )


def _show_faults(faults: tuple[ImportFault, ...]) -> None:
    found = table("where in the document", "fault", "cure")
    for fault in faults:
        found.add_row(*row(fault.pointer, fault.message, fault.cure))
    if faults:
        show(found)


def _tick(holds: bool) -> str:
    return "yes" if holds else ""

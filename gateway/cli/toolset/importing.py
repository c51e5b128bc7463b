"""`callgate toolset plan`, `apply` and `import`: one import, which is only shown, or done."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from callgate import ImportReport
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.output import tell_cure
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.gathering import MANIFEST, Gathered, Words, gather, read_document
from gateway.cli.toolset.progress import progress_shown
from gateway.cli.toolset.provision import provision_roles, require_named
from gateway.cli.toolset.report import show_plan, show_report
from gateway.embedded.state_dir import default_home

FAILED = 1

Source = Annotated[str, typer.Argument(help="an OpenAPI document, JSON or YAML: a file, or an http(s) URL")]
Name = Annotated[str, typer.Option(help="the toolset's name, such as orders")]
ManifestFile = Annotated[Path | None, typer.Option(help=f"what to make of the operations; without SOURCE: {MANIFEST}")]
Server = Annotated[str, typer.Option(help="the API's base URL, in place of the document's own", metavar="URL")]
Credential = Annotated[list[str] | None, typer.Option(help="the secret for a security scheme", metavar="SCHEME=PATH#FIELD")]
RequireApproval = Annotated[
    list[str] | None, typer.Option(help="tools whose calls a person must approve, such as 'pay_*'", metavar="PATTERN")
]
VaultAddress = Annotated[str | None, typer.Option(help="where the roles for the secrets are made", metavar="URL")]
VaultTokenFile = Annotated[Path | None, typer.Option(help="a token that may make them, not the gateway's")]


@dataclass(frozen=True, slots=True)
class OperatorVault:
    """Where roles are made, and the file of a token that may. None: those of the stack at home."""

    address: str | None
    token_file: Path | None


def register(commands: typer.Typer) -> None:
    commands.command("import")(import_toolset)
    commands.command("plan")(plan)
    commands.command("apply")(apply)


def import_toolset(
    source: Source = "",
    *,
    name: Name = "",
    manifest: ManifestFile = None,
    server: Server = "",
    credential: Credential = None,
    require_approval: RequireApproval = None,
    vault_address: VaultAddress = None,
    vault_token_file: VaultTokenFile = None,
) -> None:
    """Compile a document into tools. Importing the same document again changes nothing.

    Tools with a credential need token roles in Vault. They are made here: in the Vault named, or in the stack's own.
    """
    gathered = gather(Words(source, name, server, tuple(credential or ()), tuple(require_approval or ()), manifest))
    report = send(gathered, read_document(gathered.source))
    show_report(report, gathered.toolset)
    settle(report, gathered, OperatorVault(vault_address, vault_token_file))
    if not report.tools:
        raise typer.Exit(FAILED)


def plan(
    source: Source = "",
    *,
    name: Name = "",
    manifest: ManifestFile = None,
    server: Server = "",
    credential: Credential = None,
    require_approval: RequireApproval = None,
) -> None:
    """Show what `apply` would do to the toolset: each tool's next version, and what its callers must change."""
    gathered = gather(Words(source, name, server, tuple(credential or ()), tuple(require_approval or ()), manifest))
    show_plan(send(gathered, read_document(gathered.source), dry_run=True, deprecate_missing=True))


def apply(
    source: Source = "",
    *,
    name: Name = "",
    manifest: ManifestFile = None,
    server: Server = "",
    credential: Credential = None,
    require_approval: RequireApproval = None,
    require_promotion: Annotated[
        bool, typer.Option("--require-promotion", help="let everything that is new wait for promotion")
    ] = False,
    vault_address: VaultAddress = None,
    vault_token_file: VaultTokenFile = None,
) -> None:
    """Make the toolset what document and manifest say. What breaks callers, or tells the model other words, waits for
    `promote`; tools that are no longer there are deprecated.
    """
    gathered = gather(Words(source, name, server, tuple(credential or ()), tuple(require_approval or ()), manifest))
    report = send(gathered, read_document(gathered.source), require_promotion=require_promotion, deprecate_missing=True)
    show_plan(report)
    settle(report, gathered, OperatorVault(vault_address, vault_token_file))


def send(
    gathered: Gathered,
    document: bytes,
    *,
    dry_run: bool = False,
    require_promotion: bool = False,
    deprecate_missing: bool = False,
) -> ImportReport:
    """The one way in which a document goes to the gateway."""
    with connect() as client, progress_shown() as on_progress:
        return client.import_toolset(
            document,
            gathered.toolset,
            server=gathered.server,
            credentials=gathered.credentials,
            require_approval=gathered.require_approval,
            origin=sources.origin(gathered.source),
            manifest=gathered.manifest,
            dry_run=dry_run,
            require_promotion=require_promotion,
            deprecate_missing=deprecate_missing,
            on_progress=on_progress,
        )


def settle(report: ImportReport, gathered: Gathered, vault: OperatorVault) -> None:
    """Make the roles that the tools need, for secrets that the operator has named."""
    require_named(report.roles, gathered.secrets)
    if report.roles and not provision_roles(report.roles, vault.address, vault.token_file, default_home(os.environ)):
        tell_cure(
            f"{len(report.roles):,} tools cannot be called before Vault has their roles: "
            "import again with --vault-address and --vault-token-file."
        )

"""`callgate toolset import`, `plan` and `apply`: one import, done or only shown."""

from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from callgate import ImportReport
from callgate.nouns.toolsets import Toolsets
from gateway.cli.terminal.connection import connect
from gateway.cli.terminal.data import jsonable, shown_as
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import tell_cure
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.import_request import ImportRequest, import_request
from gateway.cli.toolset.operator_vault import OperatorVault, operator_vault
from gateway.cli.toolset.plan_verdict import verdict_of
from gateway.cli.toolset.progress import progress_shown
from gateway.cli.toolset.provision import provision_roles, require_named, tell_missing
from gateway.cli.toolset.reading import Sent, read_sent
from gateway.cli.toolset.report import show_plan, show_report

#: What a client does with a document: one of the verbs of its `toolsets` that take one.
Verb: TypeAlias = Callable[..., ImportReport]


def register(commands: typer.Typer) -> None:
    commands.command("import")(import_toolset)
    commands.command("plan")(plan)
    commands.command("apply")(apply)


@taking(import_request, operator_vault)
def import_toolset(request: ImportRequest, vault: OperatorVault, *, form: Output = Form.TABLE) -> None:
    """Compile a document into tools. Importing the same document again changes nothing.

    With credentials, patterns of approval or a manifest, what a changed document adds waits for `promote`.

    Tools with a credential need token roles in Vault. This command makes them in the Vault that the options name, or else in
    that of the stack that `callgate up` started.
    """
    report = send(request, read_sent(request), Toolsets.import_openapi)
    if not shown_as(form, report):
        show_report(report, request.toolset)
    settle(report, request, vault)
    if not report.tools:
        raise typer.Exit(FAILED)


@taking(import_request)
def plan(
    request: ImportRequest,
    *,
    each: Annotated[
        bool,
        typer.Option("--exit-code", help="an exit code for each verdict: 0 nothing, 10 changes, 11 breaking, 12 faulty"),
    ] = False,
    form: Output = Form.TABLE,
) -> None:
    """Show what `apply` would do to the toolset: each tool's next version, and what its callers must change.

    The exit code is 1 where a version would break its callers (BREAKING), or the import would be refused. As data, the plan has
    a `verdict`: NOTHING, CHANGES, BREAKING or FAULTY; with --exit-code, each of the four has an exit code of its own.
    """
    report = send(request, read_sent(request), Toolsets.plan)
    verdict = verdict_of(report)
    if not shown_as(form, {"verdict": verdict, **jsonable(report)}):
        show_plan(report)
    if code := verdict.exit_code(each=each):
        raise typer.Exit(code)


@taking(import_request, operator_vault)
def apply(
    request: ImportRequest,
    vault: OperatorVault,
    *,
    require_promotion: Annotated[
        bool, typer.Option("--require-promotion", help="let every new version wait for promotion")
    ] = False,
    form: Output = Form.TABLE,
) -> None:
    """Make the toolset what document and manifest say.

    A version that breaks callers, tells the model other words or may open a guard waits for `promote`. Tools that the document
    no longer has are deprecated. While the manifest names what the document does not have, nothing is changed.
    """
    report = send(request, read_sent(request), Toolsets.apply, require_promotion=require_promotion)
    if not shown_as(form, report):
        show_plan(report, done=True)
    settle(report, request, vault)


def send(request: ImportRequest, sent: Sent, verb: Verb, *, require_promotion: bool = False) -> ImportReport:
    """Send the document and its overlays to the gateway. Every command that imports does it here."""
    with connect() as client, progress_shown() as on_progress:
        return verb(
            client.toolsets,
            sent.document,
            request.toolset,
            server=request.server,
            credentials=request.credentials,
            require_approval=request.require_approval,
            origin=sources.origin(request.source),
            manifest=request.manifest,
            overlays=sent.overlays,
            require_promotion=require_promotion,
            on_progress=on_progress,
        )


def settle(report: ImportReport, request: ImportRequest, vault: OperatorVault) -> None:
    """Make the token roles that the tools need, for secrets that the operator has named and for no others.

    Secrets that are named and are not there are told: an import takes them as they come.
    """
    require_named(report.roles, request.secrets)
    if request.secrets and vault.known:
        if report.roles:
            provision_roles(report.roles, vault)
        tell_missing(request.secrets, vault)
    elif report.roles:
        tell_cure(
            f"{len(report.roles):,} tools cannot be called before Vault has their token roles. To make them, "
            "import again with --vault-address and --vault-token-file."
        )

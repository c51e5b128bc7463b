"""`callgate toolset watch`: a document is looked at again and again, and whatever is new about it waits for promotion."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.terminal.output import show_text, tell
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.gathering import Gathered, Words, gather
from gateway.cli.toolset.importing import (
    Credential,
    ManifestFile,
    Name,
    OperatorVault,
    RequireApproval,
    Server,
    Source,
    VaultAddress,
    VaultTokenFile,
    send,
    settle,
)
from gateway.cli.toolset.report import show_plan

EVERY = 300.0


def register(commands: typer.Typer) -> None:
    commands.command("watch")(watch)


def watch(
    source: Source = "",
    *,
    name: Name = "",
    manifest: ManifestFile = None,
    server: Server = "",
    credential: Credential = None,
    require_approval: RequireApproval = None,
    every: Annotated[float, typer.Option(help="seconds between two looks", min=0.01)] = EVERY,
    looks: Annotated[int, typer.Option(help="end after so many; 0: never", min=0)] = 0,
    vault_address: VaultAddress = None,
    vault_token_file: VaultTokenFile = None,
) -> None:
    """Import a document whenever it has changed, with everything that is new in quarantine.

    A URL is asked with If-None-Match and If-Modified-Since, so that a document that has not changed costs next to nothing.
    """
    gathered = gather(Words(source, name, server, tuple(credential or ()), tuple(require_approval or ()), manifest))
    look = _Look(gathered, OperatorVault(vault_address, vault_token_file))
    done = 0
    while not looks or done < looks:
        if done:
            time.sleep(every)
        look.again()
        done += 1


class _Look:
    """What was seen last, and what to do with what is new."""

    def __init__(self, gathered: Gathered, vault: OperatorVault) -> None:
        self._gathered = gathered
        self._vault = vault
        self._seen = sources.NEVER
        self._digest = b""

    def again(self) -> None:
        """A look that fails is told, and the next one tries again: a watch outlives its upstream's bad hours."""
        try:
            document, seen = sources.read_again(self._gathered.source, self._seen)
            if document is None:
                return
            digest = hashlib.sha256(document).digest()
            if digest != self._digest:
                self._take(document)
            self._seen, self._digest = seen, digest
        except sources.SourceUnreadable as error:
            tell(str(error), style="red")
        except typer.Exit:
            tell("The import failed; the next look tries it again.", style="red")

    def _take(self, document: bytes) -> None:
        show_text(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {sources.origin(self._gathered.source)} has changed")
        report = send(self._gathered, document, require_promotion=True, deprecate_missing=True)
        show_plan(report)
        settle(report, self._gathered, self._vault)

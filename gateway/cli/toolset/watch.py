"""`callgate toolset watch`: read a document again and again, and import it when it has changed."""

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from callgate.nouns.toolsets import Toolsets
from gateway.cli.terminal.data import shown_as
from gateway.cli.terminal.options import Form, Output, taking
from gateway.cli.terminal.output import tell
from gateway.cli.toolset import source as sources
from gateway.cli.toolset.import_request import ImportRequest, import_request
from gateway.cli.toolset.importing import send, settle
from gateway.cli.toolset.operator_vault import OperatorVault, operator_vault
from gateway.cli.toolset.reading import Sent, sent_of
from gateway.cli.toolset.report import show_plan

EVERY = 300.0  # seconds


def register(commands: typer.Typer) -> None:
    commands.command("watch")(watch)


@taking(import_request, operator_vault)
def watch(
    request: ImportRequest,
    vault: OperatorVault,
    *,
    every: Annotated[float, typer.Option(help="seconds between two looks at the document", min=0.01)] = EVERY,
    looks: Annotated[int, typer.Option(help="how many looks to take; 0: no end", min=0)] = 0,
    form: Output = Form.TABLE,
) -> None:
    """Import a document whenever it has changed. Every new version waits for promotion.

    While the manifest names what the document does not have, each look says so, and what is stays.

    A URL is asked with If-None-Match and If-Modified-Since, so that a document that has not changed costs next to nothing.
    """
    if request.source == sources.STDIN:
        raise typer.BadParameter("standard input is read once; name a file or a URL", param_hint="SOURCE")
    look = _Look(request, vault, form)
    done = 0
    while not looks or done < looks:
        if done:
            time.sleep(every)
        look.again()
        done += 1


class _Look:
    """The document's last known state, and what a new one needs."""

    def __init__(self, request: ImportRequest, vault: OperatorVault, form: Form) -> None:
        self._form = form
        self._request = request
        self._vault = vault
        self._seen = sources.NEVER
        self._digest = b""

    def again(self) -> None:
        """Look once. A failure is printed, and the next look tries again, so that a watch survives an outage of the source."""
        try:
            document, seen = sources.read_again(self._request.source, self._known, headers=self._request.headers)
            if document is None:
                return
            sent = sent_of(self._request, document)
            digest = hashlib.sha256(b"\0".join((sent.document, *sent.overlays))).digest()
            if digest != self._digest:
                self._take(sent)
            self._seen, self._digest = seen, digest
        except (sources.SourceUnreadable, typer.BadParameter) as error:
            tell(str(error), style="red")
        except typer.Exit:
            tell("The import failed; the next look tries it again.", style="red")

    @property
    def _known(self) -> sources.Seen:
        """What else is sent may have changed where the document has not."""
        return sources.NEVER if self._request.bundle or self._request.overlays else self._seen

    def _take(self, sent: Sent) -> None:
        tell(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {sources.origin(self._request.source)} has changed")
        report = send(self._request, sent, Toolsets.apply, require_promotion=True)
        if not shown_as(self._form, report):
            show_plan(report, done=True)
        settle(report, self._request, self._vault)

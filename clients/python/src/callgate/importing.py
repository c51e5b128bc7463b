"""The gateway's answers to an import: progress, and at last the report."""

from collections.abc import Callable
from typing import TypeAlias

from callgate import convert
from callgate.errors import GatewayDefect
from callgate.types import ImportProgress, ImportReport
from callgate.v1 import catalog_service_pb2

OnProgress: TypeAlias = Callable[[ImportProgress], None]


class ImportAnswers:
    """The messages of one import. What `on_progress` raises ends the import."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._report: catalog_service_pb2.ImportReport | None = None

    def take(self, message: catalog_service_pb2.ImportToolsetResponse) -> None:
        if message.HasField("report"):
            self._report = message.report
        elif message.HasField("progress") and self._on_progress:
            self._on_progress(convert.import_progress(message.progress))

    def report(self) -> ImportReport:
        """The report. Raises GatewayDefect where the gateway sent none."""
        if self._report is None:
            raise GatewayDefect(
                "the gateway ended the import without a report", cure="Import again; report it to the operator."
            )
        return convert.import_report(self._report)

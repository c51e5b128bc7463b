"""The table of what a check has found."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from gateway.cli.terminal.output import row, table
from gateway.operations.doctor import PartFinding


def findings_table(findings: Iterable[PartFinding]) -> Table:
    """A cure is shown where something is wrong, or works and promises less."""
    made = table("", "part", "finding", "cure")
    for finding in findings:
        shown = finding.cure if finding.warns or not finding.ok else ""
        made.add_row(_mark(finding), *row(finding.part, finding.detail, shown))
    return made


def _mark(finding: PartFinding) -> Text:
    if not finding.ok:
        return Text("wrong", style="red")
    return Text("look", style="yellow") if finding.warns else Text("ok", style="green")

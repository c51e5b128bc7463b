"""What a plan comes to, for programs: a word in its data, and an exit code of its own."""

from enum import StrEnum

from callgate import ImportReport
from gateway.cli.terminal.exit_codes import FAILED
from gateway.cli.toolset.report import MAJOR


class PlanVerdict(StrEnum):
    """The worst that holds, from the best to the worst."""

    NOTHING = "NOTHING"  # the toolset is as document and manifest say
    CHANGES = "CHANGES"  # tools would be made, changed or deprecated, and no caller need change
    BREAKING = "BREAKING"  # a version would break its callers, or a tool is gone
    FAULTY = "FAULTY"  # the import would be refused, or nothing of the document is a tool

    def exit_code(self, *, each: bool) -> int:
        """`each`: every verdict has a code of its own. Without it, what is safe to apply is 0, and the rest 1."""
        if not each:
            return FAILED if self in (PlanVerdict.BREAKING, PlanVerdict.FAULTY) else 0
        return _CODES[self]


#: No other command has these, nor does a plan that is not asked for them. docs/command-line.md tells them.
_CODES = {
    PlanVerdict.NOTHING: 0,
    PlanVerdict.CHANGES: 10,
    PlanVerdict.BREAKING: 11,
    PlanVerdict.FAULTY: 12,
}


def verdict_of(report: ImportReport) -> PlanVerdict:
    if any(fault.refuses for fault in report.faults) or (report.faults and not (report.added + report.unchanged)):
        return PlanVerdict.FAULTY
    if any(change.level == MAJOR for change in report.changes):
        return PlanVerdict.BREAKING
    return PlanVerdict.CHANGES if report.changes else PlanVerdict.NOTHING

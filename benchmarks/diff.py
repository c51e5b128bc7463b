"""Which changes of a document break its callers, by Callgate's comparison and by labels given before: `make bench B=diff`."""

import json
import sys

from benchmarks import diff_cases, diff_cases_of_answers, diff_cases_of_schemas
from benchmarks.diff_document import DOCUMENT, JsonObject
from benchmarks.diff_edits import Case
from benchmarks.figures import show
from registry.compiler.compiler import compile_document
from registry.diff.compare import compare_toolsets
from registry.document.loading import check
from registry.manifest.toolset import ToolsetHeader
from registry.model.findings import Finding, Severity
from registry.model.tool import Draft

HEADER = ToolsetHeader("shop")
CASES: tuple[Case, ...] = diff_cases.CASES + diff_cases_of_answers.CASES + diff_cases_of_schemas.CASES

#: What is promised: so many cases; of those that break callers, so many are found; of the others, so few are taken for one.
LEAST_CASES, LEAST_FOUND, MOST_ALARMS = 120, 0.98, 0.02


def drafts(document: JsonObject) -> tuple[Draft, ...]:
    return compile_document(check(document), HEADER).drafts


def breaking(case: Case) -> list[Finding]:
    found = compare_toolsets(drafts(DOCUMENT), drafts(case.document()))
    return [finding for finding in found if finding.severity is Severity.BREAKING]


def main() -> int:
    verdicts = [(case, breaking(case)) for case in CASES]
    labelled = [bool(found) for case, found in verdicts if case.breaking]
    harmless = [bool(found) for case, found in verdicts if not case.breaking]
    share_found, share_alarms = (sum(found) / len(found) for found in (labelled, harmless))
    show("cases", len(CASES), "cases")
    show("breaking_found", share_found, "share")
    show("false_alarms", share_alarms, "share")
    for case, found in verdicts:
        if case.breaking != bool(found):
            told = {"case": case.name, "breaking": case.breaking, "found": [finding.id for finding in found]}
            sys.stderr.write(json.dumps(told) + "\n")
    return int(len(CASES) < LEAST_CASES or share_found < LEAST_FOUND or share_alarms > MOST_ALARMS)


if __name__ == "__main__":
    sys.exit(main())

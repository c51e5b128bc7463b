"""Which changes of a document break its callers, by Callgate's comparison and by labels given before: `make bench B=diff`."""

import json
import sys

from benchmarks.diff_cases import CASES, Case
from benchmarks.diff_document import DOCUMENT, JsonObject
from benchmarks.figures import show
from registry.compiler.compiler import compile_document
from registry.diff.compare import compare_toolsets
from registry.document.loading import check
from registry.manifest.toolset import ToolsetHeader
from registry.model.findings import Finding, Severity
from registry.model.tool import Draft

HEADER = ToolsetHeader("shop")


def drafts(document: JsonObject) -> tuple[Draft, ...]:
    return compile_document(check(document), HEADER).drafts


def breaking(case: Case) -> list[Finding]:
    found = compare_toolsets(drafts(DOCUMENT), drafts(case.document()))
    return [finding for finding in found if finding.severity is Severity.BREAKING]


def main() -> None:
    verdicts = [(case, breaking(case)) for case in CASES]
    labelled = [bool(found) for case, found in verdicts if case.breaking]
    harmless = [bool(found) for case, found in verdicts if not case.breaking]
    show("cases", len(CASES), "cases")
    show("breaking_found", sum(labelled) / len(labelled), "share")
    show("false_alarms", sum(harmless) / len(harmless), "share")
    for case, found in verdicts:
        if case.breaking != bool(found):
            told = {"case": case.name, "breaking": case.breaking, "found": [finding.id for finding in found]}
            sys.stderr.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()

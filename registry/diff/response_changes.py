"""What changed about the statuses that a tool may answer with."""

from collections.abc import Iterator
from dataclasses import replace

from registry.diff.finding_text import output_finding
from registry.diff.schema_changes import changes
from registry.model.findings import Finding, Severity
from registry.model.tool import Draft, Response


def response_findings(old: Draft, new: Draft) -> Iterator[Finding]:
    """Findings of every status but the one that the output schema describes.

    A change of an error breaks no caller: a call that meets one has failed already, and its outcome says so.
    """
    before, after = ({response.status: response for response in draft.responses} for draft in (old, new))
    for status in dict.fromkeys((*before, *after)):
        if status not in after:
            yield _gone(status)
        elif status not in before:
            yield Finding(
                f"response-{_kind(status)}-status-added",
                Severity.COMPATIBLE,
                f"/responses/{status}",
                f"the document declares the status {status} now",
            )
        else:
            yield from _schemas(before[status], after[status])


def _gone(status: str) -> Finding:
    breaking = _succeeds(status)
    action = "Expect another status for a success." if breaking else ""
    severity = Severity.BREAKING if breaking else Severity.COMPATIBLE
    message = f"the document no longer declares the status {status}"
    return Finding(f"response-{_kind(status)}-status-removed", severity, f"/responses/{status}", message, action)


def _schemas(old: Response, new: Response) -> Iterator[Finding]:
    if old.schema is None or new.schema is None:
        return
    for changed in changes(old.schema, new.schema):
        finding = output_finding(changed)
        pointer = finding.pointer.replace("/output_schema", f"/responses/{new.status}", 1)
        harmless = not _succeeds(new.status) and finding.severity is Severity.BREAKING
        severity = Severity.COMPATIBLE if harmless else finding.severity
        yield replace(finding, pointer=pointer, severity=severity, action="" if harmless else finding.action)


def _succeeds(status: str) -> bool:
    return status.startswith("2")


def _kind(status: str) -> str:
    return "success" if _succeeds(status) else "non-success"

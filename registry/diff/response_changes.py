"""What changed about the statuses that a tool may answer with."""

from collections.abc import Iterator
from dataclasses import replace

from registry.diff.finding_text import output_finding
from registry.diff.schema_changes import changes
from registry.model.findings import Finding, Severity
from registry.model.tool import Draft, Response


def response_findings(old: Draft, new: Draft) -> Iterator[Finding]:
    """Findings of every status, but for the schema and the media type of the one that the output schema describes.

    What an error says is read, too: a caller learns from it what to do next. That an error is no longer declared breaks no
    caller, for an API may answer so all the same.
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
            yield from _headers(before[status], after[status])
            if status not in (old.output_status, new.output_status):
                yield from _bodies(before[status], after[status])


def _gone(status: str) -> Finding:
    breaking = _succeeds(status)
    action = "Expect another status for a success." if breaking else ""
    severity = Severity.BREAKING if breaking else Severity.COMPATIBLE
    message = f"the document no longer declares the status {status}"
    return Finding(f"response-{_kind(status)}-status-removed", severity, f"/responses/{status}", message, action)


def _headers(old: Response, new: Response) -> Iterator[Finding]:
    before, after = ({header.name: header for header in one.headers} for one in (old, new))
    for name in dict.fromkeys((*before, *after)):
        place = f"/responses/{new.status}/headers/{name}"
        if name not in after:
            told, need = f"{new.status}: the header {name} is no longer promised", _need(before[name].required)
            yield Finding(f"{need}-response-header-removed", Severity.BREAKING, place, told, f"Do not read {name} any more.")
        elif name not in before:
            yield Finding("response-header-added", Severity.COMPATIBLE, place, f"{new.status}: the header {name} is promised")
        elif before[name].required != after[name].required:
            need = _need(after[name].required)
            severity = Severity.COMPATIBLE if after[name].required else Severity.BREAKING
            action = "" if after[name].required else f"Be ready for {name} to be missing."
            yield Finding(f"response-header-became-{need}", severity, place, f"{new.status}: {name} is {need} now", action)


def _bodies(old: Response, new: Response) -> Iterator[Finding]:
    place = f"/responses/{new.status}"
    if lost := [one for one in old.media_types if one not in new.media_types]:
        told = f"{new.status}: answers no longer come as {', '.join(lost)}"
        action = f"Read {', '.join(new.media_types)}." if new.media_types else "Do not rely on a body."
        yield Finding("response-media-type-removed", Severity.BREAKING, place, told, action)
    if gained := [one for one in new.media_types if one not in old.media_types]:
        told = f"{new.status}: answers may come as {', '.join(gained)}, too"
        yield Finding("response-media-type-added", Severity.COMPATIBLE, place, told)
    yield from _schemas(old, new, place)


def _schemas(old: Response, new: Response, place: str) -> Iterator[Finding]:
    if old.schema is not None and new.schema is not None:
        for changed in changes(old.schema, new.schema):
            finding = output_finding(changed)
            yield replace(
                finding,
                pointer=finding.pointer.replace("/output_schema", place, 1),
                message=f"{new.status}: {finding.message}",
            )
    elif old.schema is not None:
        told = f"{new.status}: the document promises no schema any more, or one that is too large to be kept"
        action = "Do not rely on the form of that answer."
        yield Finding("response-body-media-type-schema-removed", Severity.BREAKING, place, told, action)
    elif new.schema is not None:
        told = f"{new.status}: the document promises a schema now"
        yield Finding("response-body-media-type-schema-added", Severity.COMPATIBLE, place, told)


def _succeeds(status: str) -> bool:
    return status.startswith("2")


def _kind(status: str) -> str:
    return "success" if _succeeds(status) else "non-success"


def _need(required: bool) -> str:
    return "required" if required else "optional"

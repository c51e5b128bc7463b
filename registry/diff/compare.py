"""Two drafts of one tool → what a caller must change.

The tool's contract is compared, not the document: what a document says in other words is no change.

Arguments are contravariant: what was valid must stay valid. Answers are covariant: what was promised must stay promised.
"""

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, is_dataclass, replace
from typing import Any

import orjson

from registry.diff.finding_text import input_finding, output_finding, short
from registry.diff.response_changes import response_findings
from registry.diff.schema_changes import changes
from registry.diff.wire_changes import wire_findings
from registry.model.findings import Finding, Severity
from registry.model.formats import Formats
from registry.model.tool import CredentialBinding, Draft
from registry.model.value_codec import plain

# Fields that an operator sets. All other fields of a draft are compared by rules of their own.
_SETTINGS = (
    "limits",
    "retry",
    "upstream_key",
    "fallback",
    "probe",
    "cache_seconds",
    "key_retention",
    "cost",
    "meters",
    "keep",
    "not_done_statuses",
    "redirects",
    "runtime",
    "formats",
    "container",
    "client_certificate",
    "view",
    "pagination",
)


def compare(old: Draft, new: Draft) -> tuple[Finding, ...]:
    """Every change, breaking ones first. Empty where caller, model and wire see no difference."""
    found = dict.fromkeys(
        (*wire_findings(old, new), *_inputs(old, new), *_outputs(old, new), *response_findings(old, new), *_settings(old, new))
    )
    if not found and old != new:
        found[_otherwise(old, new)] = None
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def compare_toolsets(old: Iterable[Draft], new: Iterable[Draft]) -> tuple[Finding, ...]:
    """The findings of all tools; a tool that is gone makes one, and so does a new one."""
    before, after = ({draft.name: draft for draft in drafts} for drafts in (old, new))
    return tuple(finding for name in dict.fromkeys((*before, *after)) for finding in _tool(before.get(name), after.get(name)))


def _otherwise(old: Draft, new: Draft) -> Finding:
    """The finding where no rule has found one: the same in other words or another order, or a change that no rule knows."""
    ordered = {name: getattr(new.operation, name) for name in ("parameters", "accept", "security")}
    names = ("input_schema", "output_schema", "responses", "credential", "further_credentials")
    same = {name: getattr(new, name) for name in names}
    told = replace(old, operation=replace(old.operation, **ordered), **same)
    if told == new:
        return Finding("tool-written-otherwise", Severity.TEXT, "", "the tool says the same in other words or another order")
    action = "Compare the two versions by hand: no rule describes the difference."
    return Finding("tool-changed", Severity.BREAKING, "", "the tool has changed in a way that no rule describes", action)


def removed(draft: Draft) -> Finding:
    message = f"the tool {draft.name} is gone: {draft.operation.route} is no longer offered"
    return Finding("api-removed-without-deprecation", Severity.BREAKING, "", message, "Call another tool.")


def added(draft: Draft) -> Finding:
    return Finding("endpoint-added", Severity.COMPATIBLE, "", f"the tool {draft.name} is new")


def _tool(old: Draft | None, new: Draft | None) -> tuple[Finding, ...]:
    if old is None or new is None:
        return (removed(old),) if old is not None else (added(new),) if new is not None else ()
    return compare(old, new)


def _inputs(old: Draft, new: Draft) -> Iterator[Finding]:
    body = new.operation.body or old.operation.body
    for changed in changes(old.input_schema, new.input_schema):
        yield input_finding(changed, body.argument if body else None)


def _outputs(old: Draft, new: Draft) -> Iterator[Finding]:
    if old.output_schema is not None and new.output_schema is not None:
        yield from (output_finding(changed) for changed in changes(old.output_schema, new.output_schema))
    elif old.output_schema is not None:
        message = "the document no longer promises a schema of the answer"
        action = "Do not rely on the form of the answer."
        yield Finding("response-body-media-type-schema-removed", Severity.BREAKING, "/output_schema", message, action)
    elif new.output_schema is not None:
        message = "the document now promises a schema of the answer"
        yield Finding("response-body-media-type-schema-added", Severity.COMPATIBLE, "/output_schema", message)


def _settings(old: Draft, new: Draft) -> Iterator[Finding]:
    if old.description != new.description:
        message = f"the description is {short(new.description)!r}, it was {short(old.description)!r}"
        yield Finding("api-description-changed", Severity.TEXT, "/description", message, "Read it before a model does.")
    yield from _strictness(old, new)
    for name in _SETTINGS:
        if getattr(old, name) != getattr(new, name):
            yield _setting(name, getattr(old, name), getattr(new, name))
    if _credentials(old) != _credentials(new):
        yield _setting("credential", *(_alone(one) for one in (old, new)))


def _credentials(draft: Draft) -> list[bytes]:
    """All that authenticates a call, in whatever order."""
    return sorted(orjson.dumps(plain(one), option=orjson.OPT_SORT_KEYS) for one in draft.credentials)


def _alone(draft: Draft) -> CredentialBinding | None:
    """The one credential of a draft, whose differences can be named. Of several, none."""
    return None if draft.further_credentials else draft.credential


def _strictness(old: Draft, new: Draft) -> Iterator[Finding]:
    for name, action in (
        ("requires_approval", "Expect calls to wait until a person approves them."),
        ("strict_responses", "Expect a call to fail where its answer breaks the schema."),
    ):
        if getattr(old, name) != getattr(new, name):
            stricter = getattr(new, name)
            word, severity = ("set", Severity.BREAKING) if stricter else ("unset", Severity.COMPATIBLE)
            label = name.replace("_", "-")
            yield Finding(f"tool-{label}-{word}", severity, f"/{name}", f"{name} is {stricter}", action if stricter else "")


def _setting(name: str, old: Any, new: Any) -> Finding:
    severity, action = Severity.COMPATIBLE, ""
    if name == "limits" and (new.request_bytes < old.request_bytes or new.response_bytes < old.response_bytes):
        severity, action = Severity.BREAKING, "Keep requests and answers within the lower bounds."
    if name == "not_done_statuses" and set(new) - set(old):
        severity, action = Severity.BREAKING, "Check that the upstream does nothing where it answers so: it is asked again."
    if name == "formats" and new is Formats.STRICT:
        severity, action = Severity.BREAKING, "Pass times, URLs and host names as their formats have them."
    if name == "redirects" and set(new) - set(old):
        severity, action = Severity.BREAKING, "Check that calls, without their secret, may be sent there."
    if name == "view":
        severity, action = Severity.BREAKING, "Read answers as the new view shows them."
    if name == "container" and _opens(old, new):
        severity, action = Severity.BREAKING, "Check that the program may reach what it could not reach before."
    parts = ", ".join(_differing(old, new)) or name
    return Finding(f"tool-{name.replace('_', '-')}-changed", severity, f"/{name}", f"{name} changed ({parts})", action)


def _opens(old: Any, new: Any) -> bool:
    if old is None or new is None:
        return True
    return bool(set(new.egress) - set(old.egress)) or old.delivery != new.delivery


def _differing(old: Any, new: Any) -> list[str]:
    if old is None or new is None:
        return []
    before, after = plain(old), plain(new)
    names = dict.fromkeys((*before, *after)) if is_dataclass(new) else ()
    return [name for name in names if before.get(name, MISSING) != after.get(name, MISSING)]

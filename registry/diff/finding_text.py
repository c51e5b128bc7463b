"""Changes of schemas → findings: their ids, how bad they are for callers, and what callers must do."""

import re
from typing import Any

from registry.diff.keyword_changes import DEFAULT_CHANGED, Change, Move
from registry.diff.schema_changes import SchemaChange
from registry.model.findings import Finding, Severity
from registry.model.json_pointer import unescape

_PROPERTY = re.compile(r"/properties/([^/]*)")
_SHOWN = 120


def input_finding(changed: SchemaChange, body: str | None) -> Finding:
    """For arguments: fewer allowed values, or one more that is required, break callers. `body` names the body's argument."""
    change = changed.change
    subject, spot = _request_subject(changed.pointer, body), _spot(changed.pointer)
    # A call that leaves the value out is as good as before, and means another one.
    severity = Severity.BREAKING if change.word == DEFAULT_CHANGED else _severity(change, Move.NARROWED)
    id = _request_id(change.word, subject, changed.pointer)
    return Finding(
        id, severity, f"/input_schema{changed.pointer}", _message(spot, change), _input_action(spot, change, severity)
    )


def output_finding(changed: SchemaChange) -> Finding:
    """For answers: more possible values, or one fewer that is promised, break their readers."""
    change = changed.change
    subject = "response-property" if _PROPERTY.search(changed.pointer) else "response-body"
    severity = _severity(change, Move.WIDENED)
    spot = _spot(changed.pointer)
    id = _response_id(change.word, subject)
    action = _output_action(spot, change) if severity is Severity.BREAKING else ""
    return Finding(id, severity, f"/output_schema{changed.pointer}", _message(spot, change), action)


def _severity(change: Change, breaking: Move) -> Severity:
    if change.move is Move.NOTED:
        return Severity.COMPATIBLE if change.word.startswith("default") else Severity.TEXT
    return Severity.BREAKING if change.move in (breaking, Move.CHANGED) else Severity.COMPATIBLE


def _request_subject(pointer: str, body: str | None) -> str:
    path = _PROPERTY.findall(pointer)
    if not path:
        return "request"
    if path[0] == body:
        return "request-body" if len(path) == 1 else "request-property"
    return "request-parameter" if len(path) == 1 else "request-parameter-property"


def _request_id(word: str, subject: str, pointer: str) -> str:
    if word.startswith("added-"):
        need = word.removeprefix("added-")
        return f"{word}-request-body" if subject == "request-body" else f"new-{need}-{subject}"
    if word.startswith("removed-"):
        return f"{subject}-removed"
    return f"{subject}-{word}"


def _response_id(word: str, subject: str) -> str:
    for verb in ("added", "removed"):
        if word.startswith(f"{verb}-"):
            return f"response-{word.removeprefix(f'{verb}-')}-property-{verb}"
    return f"{subject}-{word}"


def _spot(pointer: str) -> str:
    """The place as a caller would write it: `body.items[].sku`."""
    steps = re.sub(r"/(anyOf|prefixItems)/\d+", "", pointer).replace("/additionalProperties", ".*").replace("/items", "[]")
    return _PROPERTY.sub(lambda match: "." + unescape(match[1]), steps).lstrip(".") or "the whole"


#: Where old and new are no values of one thing, but what came or went, and what was there or is left.
_PARTS = {"enum-value-added": "{new}, beside {old}", "enum-value-removed": "{old}, which leaves {new}"}


def _message(spot: str, change: Change) -> str:
    told = f"{spot}: {change.word.replace('-', ' ')}"
    if change.old is not None and change.new is not None:
        written = _PARTS.get(change.word, "was {old}, is {new}").format(old=short(change.old), new=short(change.new))
        return f"{told} ({written})"
    given = change.new if change.new is not None else change.old
    return f"{told} ({short(given)})" if given is not None else told


_INPUT_ACTIONS = {
    "added-required": "Pass {spot} in every call.",
    "became-required": "Pass {spot} in every call.",
    "removed-required": "Do not pass {spot} any more.",
    "removed-optional": "Do not pass {spot} any more.",
    "enum-value-removed": "Do not pass {old} as {spot}.",
    "became-not-nullable": "Do not pass null as {spot}.",
    "additional-properties-closed": "Pass only the properties of {spot} that the schema names.",
    "alternative-removed": "Do not pass {new} as {spot}.",
}
_OUTPUT_ACTIONS = {
    "removed-required": "Do not read {spot} any more.",
    "removed-optional": "Do not read {spot} any more.",
    "became-optional": "Be ready for {spot} to be missing.",
    "became-nullable": "Be ready for {spot} to be null.",
}


def _input_action(spot: str, change: Change, severity: Severity) -> str:
    if change.word in (DEFAULT_CHANGED, "default-value-removed"):
        return f"Pass {spot} if you mean the old default."
    if severity is not Severity.BREAKING:
        return ""
    otherwise = "Check {spot} against the schema." if change.new is None else "Pass {spot} so that it fits: {new}."
    return _INPUT_ACTIONS.get(change.word, otherwise).format(spot=spot, old=short(change.old), new=short(change.new))


def _output_action(spot: str, change: Change) -> str:
    otherwise = "Be ready for any {spot}." if change.new is None else "Be ready for {spot} to be {new}."
    return _OUTPUT_ACTIONS.get(change.word, otherwise).format(spot=spot, new=short(change.new))


def short(value: Any) -> str:
    """A value for people to read, in one line."""
    text = ", ".join(map(str, value[:_SHOWN])) if isinstance(value, list) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

"""Arguments as a person may see them who did not send them: secret and long values replaced.

A value is secret where its schema says so (`writeOnly`, `format: password`), or its name does. Whoever decides what became of a
call must still see what it was about, so everything else stays.
"""

import re
from typing import Any

from registry.tool import JsonObject

REDACTED = "[redacted]"
LONGEST = 200
#: Characters of a text that are shown.
DEEPEST = 16

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|api.?key|credential|authorization|private.?key|cvv|cvc|\bpin\b|iban|ssn|card.?number",
    re.IGNORECASE,
)


def redact(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    """A copy of the arguments, by the tool's input schema."""
    shown = _value(arguments, schema, 0)
    return shown if isinstance(shown, dict) else dict.fromkeys(arguments, REDACTED)


def _value(value: Any, schema: Any, depth: int) -> Any:
    if _is_secret(schema):
        return REDACTED
    if depth > DEEPEST:
        return "[deeper than is shown]"
    if isinstance(value, dict):
        return _object(value, schema, depth)
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, dict) else None
        return [_value(item, items, depth + 1) for item in value]
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}… [{len(value):,} characters]"
    return value


def _object(value: JsonObject, schema: Any, depth: int) -> JsonObject:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    known = properties if isinstance(properties, dict) else {}
    return {
        name: REDACTED if _SECRET.search(name) else _value(item, known.get(name), depth + 1) for name, item in value.items()
    }


def _is_secret(schema: Any) -> bool:
    return isinstance(schema, dict) and (schema.get("writeOnly") is True or schema.get("format") == "password")

"""A program's output → whether it is a result, and as what a caller gets it.

A tool whose schema of the answer is a text takes text: programs have written that since long before JSON. So has a tool whose
document promises `text/…` alone.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from registry.calling.arguments import DEPTH
from registry.calling.not_json import why_not_json
from registry.model.json_limits import is_deeper
from registry.model.json_pointer import definition_name
from registry.model.media_types import MediaKind, essence, kind_of
from registry.model.tool import Draft

JSON, TEXT = "application/json", "text/plain; charset=utf-8"

_DEEP = f"is nested deeper than {DEPTH} levels"
_LINKS = 16  # of a schema that is a reference to a reference


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What a caller gets of an output. `body` is JSON where `content_type` says so."""

    content_type: str
    body: bytes


def objection(output: bytes) -> str | None:
    """Why the output is no JSON that can be passed on, as the end of a sentence. None for one JSON value, no NaN, no lone
    surrogate."""
    try:
        value = orjson.loads(output)
    except orjson.JSONDecodeError as error:
        return _DEEP if _opened(error.doc[: error.pos]) > DEPTH else why_not_json(output)
    return _DEEP if is_deeper(value, DEPTH) else None


def text_result(output: bytes, draft: Draft) -> ProgramResult | None:
    """The output as a text, where the tool promises one and the output is no JSON string by itself.

    None for a tool that promises something else, for output that is no UTF-8 text, and for a JSON string.
    """
    if not (text := text_of(output)):
        return None
    if says_text(draft.output_schema):
        return None if _is_string(output) else ProgramResult(JSON, orjson.dumps(text))
    if draft.output_schema is None and _promises_text(draft):
        return ProgramResult(TEXT, output)
    return None


def text_of(output: bytes) -> str:
    """The output as a text, without the line's end that most programs write behind all they say. Empty where it is none."""
    try:
        text = output.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text.removesuffix("\n").removesuffix("\r")


def says_text(schema: Any) -> bool:
    """Whether nothing but a text, and perhaps null, fits the schema, as far as its `type` says so."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    for _ in range(_LINKS):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        schema = definitions.get(definition_name(schema["$ref"]))
    types = schema.get("type") if isinstance(schema, dict) else None
    named = set(types if isinstance(types, list) else [types])
    return "string" in named and named <= {"string", "null"}


def _promises_text(draft: Draft) -> bool:
    """Whether the document promises text, and nothing else, for the success."""
    names = [name for name in draft.operation.accept if name != "*/*"]
    return bool(names) and all(kind_of(name) is MediaKind.TEXT and essence(name).startswith("text/") for name in names)


def _opened(text: str) -> int:
    """How many brackets are open, those in strings included: the parser gives up at some thousand."""
    return text.count("[") + text.count("{") - text.count("]") - text.count("}")


def _is_string(output: bytes) -> bool:
    # Looked at first: other JSON may have so many values that it takes long to read.
    if output.lstrip()[:1] != b'"':
        return output.strip() == b"null"
    try:
        orjson.loads(output)
    except orjson.JSONDecodeError:
        return False
    return True

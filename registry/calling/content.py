"""The argument for a request's body → its Content-Type and its bytes."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from registry.calling.artifact_names import Insertion, named_artifact
from registry.calling.forms import urlencoded
from registry.calling.multipart import decode_base64, multipart
from registry.calling.parameter_styles import text
from registry.calling.xml_text import write_xml
from registry.model.canonical_json import LEAST, MOST
from registry.model.errors import RequestRefused
from registry.model.media_types import MediaKind, kind_of
from registry.model.tool import Body, JsonObject


class Content(NamedTuple):
    """The Content-Type, the bytes, and what is put in between them."""

    media_type: str
    body: bytes
    insertions: tuple[Insertion, ...] = ()


#: Where a number, or what looks like one in a text, may be a double that is whole.
_FRACTION = re.compile(rb"[0-9](?:\.0(?![0-9])|e)")


def write_content(body: Body, value: Any, input_schema: JsonObject) -> Content:
    """What is sent. Raises RequestRefused for a value that the body's media type has no form for."""
    writer = _WRITERS.get(kind_of(body.media_type), _json)
    return writer(body, value, input_schema)


def _json(body: Body, value: Any, _: JsonObject) -> Content:
    return Content(body.media_type, write_json(value))


def _form(body: Body, value: Any, _: JsonObject) -> Content:
    return Content(body.media_type, urlencoded(body, value))


def _multipart(body: Body, value: Any, _: JsonObject) -> Content:
    return Content(*multipart(body, value))


def _xml(body: Body, value: Any, input_schema: JsonObject) -> Content:
    schema = input_schema.get("properties", {}).get(body.argument, {})
    return Content(body.media_type, write_xml(value, schema, input_schema.get("$defs", {}), body.argument))


def _text(body: Body, value: Any, _: JsonObject) -> Content:
    charset = "; charset=utf-8" if body.media_type.startswith("text/") else ""
    return Content(body.media_type + charset, text(value, body.argument).encode())


def _lines(body: Body, value: Any, _: JsonObject) -> Content:
    if isinstance(value, str):
        return Content(body.media_type, value.encode())
    lines = value if isinstance(value, list) else [value]
    return Content(body.media_type, b"".join(write_json(item) + b"\n" for item in lines))


def _binary(body: Body, value: Any, _: JsonObject) -> Content:
    if (artifact := named_artifact(value)) is not None:
        return Content(body.media_type, b"", (Insertion(0, artifact),))
    return Content(body.media_type, decode_base64(value, body.argument))


def write_json(value: Any) -> bytes:
    """A whole number is written without a fraction, as everywhere in a request: to JSON 2.0 is 2, but not to what reads it."""
    try:
        written = orjson.dumps(value)
        return orjson.dumps(_whole(value)) if _FRACTION.search(written) else written
    except orjson.JSONEncodeError:
        raise RequestRefused("a value is not JSON that can be sent") from None


def _whole(value: Any) -> Any:
    """The value with integers of 64 bits in the place of doubles that are such."""
    if isinstance(value, float) and value.is_integer() and LEAST <= value <= MOST:
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(member) for name, member in value.items()}
    return [_whole(member) for member in value] if isinstance(value, list) else value


_WRITERS: dict[MediaKind, Callable[[Body, Any, JsonObject], Content]] = {
    MediaKind.FORM: _form,
    MediaKind.MULTIPART: _multipart,
    MediaKind.XML: _xml,
    MediaKind.TEXT: _text,
    MediaKind.LINES: _lines,
    MediaKind.BINARY: _binary,
}

"""The argument for a request's body → its Content-Type and its bytes."""

from collections.abc import Callable
from typing import Any

import orjson

from registry.calling.forms import urlencoded
from registry.calling.multipart import decode_base64, multipart
from registry.calling.parameter_styles import text
from registry.calling.xml_text import write_xml
from registry.model.errors import RequestRefused
from registry.model.media_types import MediaKind, kind_of
from registry.model.tool import Body, JsonObject

Content = tuple[str, bytes]


def write_content(body: Body, value: Any, input_schema: JsonObject) -> Content:
    """The Content-Type and the bytes. Raises RequestRefused for a value that the body's media type has no form for."""
    writer = _WRITERS.get(kind_of(body.media_type), _json)
    return writer(body, value, input_schema)


def _json(body: Body, value: Any, _: JsonObject) -> Content:
    return body.media_type, write_json(value)


def _form(body: Body, value: Any, _: JsonObject) -> Content:
    return body.media_type, urlencoded(body, value)


def _multipart(body: Body, value: Any, _: JsonObject) -> Content:
    return multipart(body, value)


def _xml(body: Body, value: Any, input_schema: JsonObject) -> Content:
    schema = input_schema.get("properties", {}).get(body.argument, {})
    return body.media_type, write_xml(value, schema, input_schema.get("$defs", {}), body.argument)


def _text(body: Body, value: Any, _: JsonObject) -> Content:
    charset = "; charset=utf-8" if body.media_type.startswith("text/") else ""
    return body.media_type + charset, text(value, body.argument).encode()


def _lines(body: Body, value: Any, _: JsonObject) -> Content:
    if isinstance(value, str):
        return body.media_type, value.encode()
    return body.media_type, b"".join(write_json(item) + b"\n" for item in (value if isinstance(value, list) else [value]))


def _binary(body: Body, value: Any, _: JsonObject) -> Content:
    return body.media_type, decode_base64(value, body.argument)


def write_json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise RequestRefused("a value is not JSON that can be sent") from None


_WRITERS: dict[MediaKind, Callable[[Body, Any, JsonObject], Content]] = {
    MediaKind.FORM: _form,
    MediaKind.MULTIPART: _multipart,
    MediaKind.XML: _xml,
    MediaKind.TEXT: _text,
    MediaKind.LINES: _lines,
    MediaKind.BINARY: _binary,
}

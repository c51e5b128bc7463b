"""Whose mistake a refusal is: the registry's, unless a known limit of openapi-core, or of the document, explains it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from registry.calling.request import HttpRequest
from registry.model.media_types import MediaKind, kind_of
from registry.model.tool import Draft
from registry.schema.candidates import accepts
from registry.schema.subschemas import schemas_in

Concerns = Callable[[Draft, HttpRequest], bool]


class Whose(StrEnum):
    """Which side has made the mistake: the registry, which built the request (OURS), or the judge, which refuses it."""

    OURS = "ours"
    JUDGE = "judge"


def whose(draft: Draft, request: HttpRequest, refusal: str, *, mended: bool = False) -> tuple[Whose, str]:
    """Whose mistake it is, and why: the limit that explains it, or, for a mistake of the registry's, the judge's own words.

    `mended`: the tool takes arguments that the document's own schemas, by mistake, do not (`Compiled.mended`).
    """
    if mended and re.search(_SCHEMA_REFUSALS, refusal):
        return Whose.JUDGE, "the document's schema allows nothing as it stands, and the tool takes it as it must be meant"
    for limit in _LIMITS:
        if re.search(limit.matches, refusal) and limit.concerns(draft, request):
            return Whose.JUDGE, limit.why
    return Whose.OURS, refusal[:300]


def _always(draft: Draft, request: HttpRequest) -> bool:
    return True


def _body_is(*kinds: MediaKind) -> Concerns:
    def concerns(draft: Draft, _: HttpRequest) -> bool:
        body = draft.operation.body
        return body is not None and kind_of(body.media_type) in kinds

    return concerns


def _has_style(*styles: str) -> Concerns:
    def concerns(draft: Draft, _: HttpRequest) -> bool:
        body = draft.operation.body
        written = [one.style for one in draft.operation.parameters] + [part.style for part in (body.parts if body else ())]
        return any(style in styles for style in written)

    return concerns


def _has_an_empty_body(_: Draft, request: HttpRequest) -> bool:
    return request.body == b""


def _has_an_escaped_slash(_: Draft, request: HttpRequest) -> bool:
    return re.search("%(2F|3F|23)", urlsplit(request.url).path) is not None


def _has_variables_after_its_path(draft: Draft, _: HttpRequest) -> bool:
    return "{" in draft.operation.path.partition("?")[2]


def _has_json_in_a_list(draft: Draft, request: HttpRequest) -> bool:
    """An object or a list as an item of a parameter: the registry writes JSON."""
    values = [*parse_qsl(urlsplit(request.url).query), *request.headers]
    return any("{" in value or "[" in value for _, value in values)


def _lists_values_that_are_not_text(draft: Draft, request: HttpRequest) -> bool:
    listed = [schema for schema in schemas_in(draft.input_schema) if "enum" in schema and "type" not in schema]
    return any(not isinstance(one, str) for schema in listed for one in schema["enum"])


def _has_nulls_beside_combinators(draft: Draft, request: HttpRequest) -> bool:
    """What `nullable` beside `allOf` is translated to."""
    nulls = ({"type": "null"} in one.get("anyOf", ()) for one in schemas_in(draft.input_schema))
    return b"null" in (request.body or b"") and any(nulls)


def _has_a_default_that_breaks_its_schema(draft: Draft, _: HttpRequest) -> bool:
    return any(not accepts(schema, schema["default"]) for schema in schemas_in(draft.input_schema) if "default" in schema)


@dataclass(frozen=True, slots=True)
class _Limit:
    """What the judge cannot do. It explains a refusal if the text `matches` and it `concerns` the request."""

    matches: str
    why: str
    concerns: Concerns = _always


_SCHEMA_REFUSALS = (
    "InvalidSchemaValue|is not of type|is a required property|Additional properties|is not one of|is valid under each of"
)
_INSIDE = "dictionary update sequence|not available|bytes-like|not an (object|array) format|unhashable|is not of type"
_LIMITS = (
    _Limit(
        "Missing required path parameter",
        "openapi-core finds parameters of the styles label and matrix only under names that no document writes",
        _has_style("label", "matrix"),
    ),
    _Limit(
        "Missing required path parameter",
        "openapi-core looks for no variables after the `?` of a path template",
        _has_variables_after_its_path,
    ),
    _Limit(
        r"reference '[^']*' could not be resolved",
        "the document's discriminator has values that name no schema, and openapi-core takes each for such a name",
    ),
    _Limit(
        "InvalidSchemaValue",
        "openapi-core compares the escape of a `/`, `?` or `#` inside a path segment with the schema, not the character",
        _has_an_escaped_slash,
    ),
    _Limit("EmptyQueryParameterValue", "`name=` is how an empty value is written; openapi-core takes that for no value"),
    _Limit("MissingRequiredRequestBody", "openapi-core takes a body of no bytes for no body", _has_an_empty_body),
    _Limit(
        "InvalidSchemaValue|CastError|ValueError",
        "the document declares a default that its own schema refuses, and openapi-core inserts it where no value is sent",
        _has_a_default_that_breaks_its_schema,
    ),
    _Limit(
        _INSIDE,
        "openapi-core reads lists and objects inside a form in the simplest of styles only",
        _body_is(MediaKind.FORM),
    ),
    _Limit(
        "is a required property",
        "openapi-core reads of a form only the properties that stand directly in its schema, or in one reference",
        _body_is(MediaKind.FORM),
    ),
    _Limit(
        "None for not nullable",
        "openapi-core does not heed `nullable` beside `allOf`, where many authors write it",
        _has_nulls_beside_combinators,
    ),
    _Limit(
        _INSIDE,
        "openapi-core reads lists and objects inside parameters in the simplest of styles only",
        _has_style("deepObject", "spaceDelimited", "pipeDelimited", "tabDelimited"),
    ),
    _Limit(
        _INSIDE,
        "OpenAPI does not say how an object or a list inside a list is written in a parameter, and openapi-core reads none",
        _has_json_in_a_list,
    ),
    _Limit(
        f"{_INSIDE}|is not valid under any",
        "openapi-core takes a part of a multipart body for text or bytes, whatever type its schema has",
        _body_is(MediaKind.MULTIPART),
    ),
    _Limit(
        r"b['\"].* is not of type",
        "openapi-core compares the bytes of a body with its schema",
        _body_is(MediaKind.BINARY, MediaKind.LINES),
    ),
    _Limit(
        "Element|is not of type|ParseError",
        "openapi-core compares an XML element with the schema, not its content",
        _body_is(MediaKind.XML),
    ),
    _Limit("is not a 'time'", "openapi-core's `time` is not RFC 3339's `full-time`, which has a zone"),
    _Limit(
        r"'(true|false|null|-?\d+(\.\d+)?)' is not one of",
        "openapi-core takes the text of a parameter whose schema has no type for a string, whatever its `enum` lists",
        _lists_values_that_are_not_text,
    ),
    _Limit(
        "does not contain discriminating property",
        "the document does not require the property of its discriminator, and openapi-core does; OpenAPI says nothing of that",
    ),
    _Limit("unhashable type: 'list'", "the document lists types, which its version of OpenAPI does not have"),
    _Limit("UnknownType", "the document uses a type that the document's version of OpenAPI does not have"),
    _Limit("Unknown JSON Schema dialect", "openapi-core knows no dialects of JSON Schema but those of OpenAPI"),
)

"""Arguments → request → what openapi-core reads out of it: the same again, for whatever values Hypothesis finds.

Left out of the alphabets is what openapi-core reads otherwise than OpenAPI says: it decodes a value before it splits it, so an
item of an unexploded list may hold no delimiter for it. Our own reading below has no such gap.
"""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.calling.request import build
from registry.compiler.compiler import ToolsetHeader, compile_document
from registry.document.loading import check
from registry.model.errors import RequestRefused
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first
from registry.verify.openapi_core_judge import Judge

SERVER = "https://api.example.com/v1"
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TEXT = st.text(min_size=1, max_size=30)
#: As a web framework hands it on, a path segment is decoded but for what would make another path of it.
#: The judge drops control characters from a path, and blanks from its end.
SEGMENT = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/?#,.;="), min_size=1, max_size=30)
ITEM = TEXT.filter(lambda text: "," not in text)
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=","), min_size=1, max_size=30)
INTEGER = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGER | NUMBER | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

STRING_SCHEMA: JsonObject = {"type": "string"}
LIST_SCHEMA: JsonObject = {"type": "array", "items": {"type": "string"}}
INTEGERS_SCHEMA: JsonObject = {"type": "array", "items": {"type": "integer"}}
OBJECT_SCHEMA: JsonObject = {"type": "object", "properties": {"n": {"type": "integer"}, "s": {"type": "string"}}}


def objects(text: st.SearchStrategy[str]) -> st.SearchStrategy[JsonObject]:
    return st.fixed_dictionaries({"n": INTEGER, "s": text})


# fmt: off
PARAMETERS = [
    # place, style, explode, schema, values
    ("query", "form", True, STRING_SCHEMA, TEXT),
    ("query", "form", True, {"type": "integer"}, INTEGER),
    ("query", "form", True, {"type": "number"}, NUMBER),
    ("query", "form", True, {"type": "boolean"}, st.booleans()),
    ("query", "form", True, LIST_SCHEMA, st.lists(TEXT, min_size=1, max_size=5)),
    ("query", "form", True, INTEGERS_SCHEMA, st.lists(INTEGER, min_size=1, max_size=5)),
    ("query", "form", False, LIST_SCHEMA, st.lists(ITEM, min_size=1, max_size=5)),
    ("query", "form", False, INTEGERS_SCHEMA, st.lists(INTEGER, min_size=1, max_size=5)),
    ("query", "form", False, OBJECT_SCHEMA, objects(ITEM)),
    ("query", "pipeDelimited", False, LIST_SCHEMA,
     st.lists(TEXT.filter(lambda text: "|" not in text), min_size=1, max_size=5)),
    ("query", "deepObject", True, OBJECT_SCHEMA, objects(TEXT)),
    ("path", "simple", False, STRING_SCHEMA, SEGMENT),
    ("path", "simple", False, {"type": "integer"}, INTEGER),
    ("path", "simple", False, LIST_SCHEMA, st.lists(SEGMENT, min_size=1, max_size=5)),
    ("path", "simple", False, OBJECT_SCHEMA, objects(SEGMENT)),
    ("path", "simple", True, OBJECT_SCHEMA, objects(SEGMENT)),
    ("header", "simple", False, STRING_SCHEMA, PRINTABLE),
    ("header", "simple", False, {"type": "number"}, NUMBER),
    ("header", "simple", False, LIST_SCHEMA, st.lists(PRINTABLE, min_size=1, max_size=5)),
    ("header", "simple", False, OBJECT_SCHEMA, objects(PRINTABLE)),
    ("header", "simple", True, OBJECT_SCHEMA, objects(PRINTABLE.filter(lambda text: "=" not in text))),
    ("cookie", "form", True, STRING_SCHEMA, TEXT.filter(lambda text: not set(text) & set("\r\n\0"))),
    ("cookie", "form", True, {"type": "boolean"}, st.booleans()),
    ("cookie", "form", False, LIST_SCHEMA, st.lists(SEGMENT, min_size=1, max_size=5)),
    ("cookie", "form", True, LIST_SCHEMA, st.lists(SEGMENT, min_size=1, max_size=5)),
]
FORM = st.fixed_dictionaries({}, optional={"n": INTEGER, "s": TEXT, "l": st.lists(TEXT, min_size=1, max_size=4)}).filter(bool)
FORM_SCHEMA: JsonObject = {"type": "object", "properties": {"n": {"type": "integer"}, "s": STRING_SCHEMA, "l": LIST_SCHEMA}}
BODIES = [
    # media type, schema, values
    ("application/json", {}, JSON),
    ("application/vnd.api+json", {}, JSON),
    ("application/json", OBJECT_SCHEMA, objects(st.text(max_size=30))),
    ("application/x-www-form-urlencoded", FORM_SCHEMA, FORM),
    ("text/plain", STRING_SCHEMA, TEXT),
]
MEDIA_TYPES = [
    "application/json", "application/xml", "application/x-ndjson", "application/x-www-form-urlencoded", "multipart/form-data",
    "text/plain",
]
# fmt: on


@cache
def _made(place: str, style: str, explode: bool, schema: str) -> tuple[ToolVersion, Judge]:
    node = {"name": "value", "in": place, "style": style, "explode": explode, "required": True, "schema": eval(schema)}
    return _compiled({"parameters": [node], "responses": {}}, "/x/{value}" if place == "path" else "/x")


def _compiled(operation: JsonObject, path: str = "/x") -> tuple[ToolVersion, Judge]:
    document = check({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"post": operation}}})
    version = first(compile_document(document, ToolsetHeader("things", server=SERVER)).drafts[0])
    return version, Judge(document, version)


@pytest.mark.parametrize("case", PARAMETERS, ids=lambda case: "-".join(map(str, case[:3])) + "-" + case[3]["type"])
@EXAMPLES
@given(draw=st.data())
def test_parameter_is_read_as_it_was_given(case: Any, draw: st.DataObject) -> None:
    place, style, explode, schema, values = case
    version, judge = _made(place, style, explode, repr(schema))
    value = draw.draw(values)
    parameters, _ = judge.read(build(version, {"value": value}))
    assert parameters[place]["value"] == value


@pytest.mark.parametrize("case", BODIES, ids=lambda case: case[0])
def test_body_is_read_as_it_was_given(case: Any) -> None:
    media_type, schema, values = case
    body = {"required": True, "content": {media_type: {"schema": schema}}}
    version, judge = _compiled({"requestBody": body, "responses": {}})

    @EXAMPLES
    @given(values)
    def read(value: Any) -> None:
        assert judge.read(build(version, {"body": value}))[1] == value

    read()


def _tool(parameters: list[JsonObject], path: str) -> ToolVersion:
    return _compiled({"parameters": parameters, "responses": {}}, path)[0]


@EXAMPLES
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_stays_in_its_place_in_path_query_and_cookie(first: str, second: str) -> None:
    places = {"p": "path", "q": "query", "c": "cookie"}
    names = [{"name": name, "in": place, "required": True, "schema": {"type": "string"}} for name, place in places.items()]
    version = _tool(names, "/a/{p}/b")
    try:
        request = build(version, {"p": first, "q": second, "c": second})
    except RequestRefused:
        assert not first.strip(".") or set(second) & set("\r\n\0")
        return
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "api.example.com", "")
    assert [unquote(segment, errors="strict") for segment in parts.path.split("/")] == ["", "v1", "a", first, "b"]
    assert parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) == [("q", second)]
    assert [(name, unquote(value)) for name, _, value in [dict(request.headers)["Cookie"].partition("=")]] == [("c", second)]
    assert request.url.isascii()
    assert all(value.isprintable() for _, value in request.headers)


@pytest.mark.parametrize("style", ["form", "deepObject", "spaceDelimited", "pipeDelimited"])
@pytest.mark.parametrize("explode", [True, False])
@EXAMPLES
@given(value=JSON)
def test_any_value_makes_a_query_that_names_nothing_else_or_is_refused(style: str, explode: bool, value: Any) -> None:
    styled = {"name": "v", "in": "query", "style": style, "explode": explode, "schema": {}}
    version = _tool([styled, {"name": "other", "in": "query", "schema": {}}], "/a")
    try:
        request = build(version, {"v": value, "other": "1"})
    except RequestRefused:
        return
    pairs = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    assert [pair for pair in pairs if pair[0] == "other"] == [("other", "1")]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@EXAMPLES
@given(value=JSON)
def test_any_value_makes_a_body_or_is_refused(media_type: str, value: Any) -> None:
    version = _body_tool(media_type)
    try:
        request = build(version, {"body": value})
    except RequestRefused:
        return
    assert request.body is not None
    assert dict(request.headers)["Content-Type"].startswith(media_type)


@cache
def _body_tool(media_type: str) -> ToolVersion:
    return _compiled({"requestBody": {"content": {media_type: {}}}, "responses": {}})[0]

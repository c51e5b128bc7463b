"""Every kind of body: the Content-Type and the bytes."""

import re
from base64 import b64encode
from email.message import Message
from email.parser import BytesParser
from typing import Any

import pytest

from registry.calling.request import HttpRequest, build
from registry.model.errors import ArgumentsInvalid, RequestRefused
from registry.model.tool import JsonObject
from registry.model.versions import decode, encode
from tests.registry.checking.here import check
from tests.registry.conftest import CompileTool

FORM, PARTS, XML = "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"
PNG = b"\x89PNG\r\n\x00\xff"


def _operation(media_type: str, **media: Any) -> JsonObject:
    return {"requestBody": {"content": {media_type: media}}, "responses": {}}


def _sent(tool: CompileTool, media_type: str, value: Any, components: JsonObject | None = None, **media: Any) -> HttpRequest:
    more = {"components": {"schemas": components}} if components else {}
    version = tool("/x", "post", _operation(media_type, **media), **more)
    check(version, {"body": value})
    assert decode(encode(version)) == version
    return build(version, {"body": value})


def _content_type(request: HttpRequest) -> str:
    return dict(request.headers)["Content-Type"]


@pytest.mark.parametrize(
    ("media_type", "value", "content_type", "sent"),
    [
        ("application/json", {"é": [1.5, None]}, "application/json", '{"é":[1.5,null]}'.encode()),
        ("application/json", None, "application/json", b"null"),
        ("application/json", [2.0, -0.0, 1e15, 2.5, {"a": 3.0}], "application/json", b'[2,0,1000000000000000,2.5,{"a":3}]'),
        ("application/json", ["2.0", "1e5", 1.0, 2.0**64], "application/json", b'["2.0","1e5",1,1.8446744073709552e+19]'),
        ("application/json", [2**53 + 1, -(2**63)], "application/json", b"[9007199254740993,-9223372036854775808]"),
        ("application/json", 2**64 - 1, "application/json", b"18446744073709551615"),
        ("application/x-ndjson", [2.0, {"a": 3.0}], "application/x-ndjson", b'2\n{"a":3}\n'),
        ("application/merge-patch+json", {}, "application/merge-patch+json", b"{}"),
        ("text/json; charset=utf-8", [1], "text/json", b"[1]"),
        ("*/*", {"a": 1}, "application/json", b'{"a":1}'),
        ("text/plain", "é", "text/plain; charset=utf-8", "é".encode()),
        ("text/plain", 1.0, "text/plain; charset=utf-8", b"1"),
        ("text/csv", "a,b\r\n", "text/csv; charset=utf-8", b"a,b\r\n"),
        ("application/yaml", {"a": 1}, "application/yaml", b'{"a":1}'),
        ("application/x-ndjson", [{"a": 1}, 2], "application/x-ndjson", b'{"a":1}\n2\n'),
        ("application/jsonl", "raw\n", "application/jsonl", b"raw\n"),
        ("application/octet-stream", b64encode(PNG).decode(), "application/octet-stream", PNG),
        ("image/png", b64encode(PNG).decode(), "image/png", PNG),
        ("application/pdf", "", "application/pdf", b""),
    ],
)
def test_body_is_written_in_its_media_type(
    tool: CompileTool, media_type: str, value: Any, content_type: str, sent: bytes
) -> None:
    request = _sent(tool, media_type, value)
    assert (request.method, request.body) == ("POST", sent)
    assert _content_type(request) == content_type


@pytest.mark.parametrize("value", ["not base64!", "YQ", "YQ==\n", 7, None])
def test_bytes_that_are_not_base64_are_refused(tool: CompileTool, value: Any) -> None:
    version = tool("/x", "post", _operation("application/octet-stream"))
    with pytest.raises((RequestRefused, ArgumentsInvalid)):
        build(version, {"body": value})


def test_who_writes_a_files_name_for_its_bytes_is_told_how_a_file_is_sent(tool: CompileTool) -> None:
    version = tool("/x", "post", _operation("application/pdf"))
    with pytest.raises(RequestRefused) as refused:
        build(version, {"body": "@scan.pdf"})
    assert "callgate artifact put FILE" in refused.value.cure


@pytest.mark.parametrize(
    ("encoding", "value", "sent"),
    [
        ({}, {"a": "b&c=d +é", "n": 1.0, "t": True}, b"a=b%26c%3Dd%20%2B%C3%A9&n=1&t=true"),
        ({}, {"l": [1, "x,y"]}, b"l=1&l=x%2Cy"),
        ({}, {"l": [], "e": ""}, b"e="),
        # OpenAPI 3.1.1, §4.8.14.4: an object is written as JSON.
        ({}, {"address": {"city": "X"}}, b"address=%7B%22city%22%3A%22X%22%7D"),
        ({}, {"k]&": "v"}, b"k%5D%26=v"),
        ({"a": {"style": "deepObject"}}, {"a": {"b": 1, "c": {"d": 2}}}, b"a%5Bb%5D=1&a%5Bc%5D%5Bd%5D=2"),
        ({"a": {"style": "deepObject"}}, {"a": ["x", {"y": 1}]}, b"a%5B0%5D=x&a%5B1%5D%5By%5D=1"),
        ({"a": {"style": "spaceDelimited"}}, {"a": [1, 2]}, b"a=1%202"),
        ({"a": {"explode": False}}, {"a": [1, 2]}, b"a=1,2"),
        ({"a": {"style": "form", "explode": True}}, {"a": {"b": 1}}, b"b=1"),
        ({"a": {"contentType": "application/json"}}, {"a": {"b": 1}}, b"a=%7B%22b%22%3A1%7D"),
    ],
)
def test_form_is_written_by_its_encodings(tool: CompileTool, encoding: JsonObject, value: Any, sent: bytes) -> None:
    assert _sent(tool, FORM, value, encoding=encoding).body == sent


def test_text_is_a_form_already(tool: CompileTool) -> None:
    assert _sent(tool, FORM, "a=1&b", schema={"type": "string"}).body == b"a=1&b"


@pytest.mark.parametrize("media_type", [FORM, PARTS])
@pytest.mark.parametrize("value", [7, [1], {"a": None}, {"a": [None]}])
def test_form_of_what_has_no_fields_is_refused(tool: CompileTool, media_type: str, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "post", _operation(media_type)), {"body": value})


def _parts(request: HttpRequest) -> list[Message]:
    assert request.body is not None
    head = f"Content-Type: {_content_type(request)}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + request.body)
    assert parsed.is_multipart()
    assert not parsed.defects
    return [part for part in parsed.get_payload() if isinstance(part, Message)]


def _read(part: Message) -> tuple[Any, Any, Any, Any]:
    given = part["Content-Type"] and part.get_content_type()
    return part.get_param("name", header="Content-Disposition"), part.get_filename(), given, part.get_payload(decode=True)


FILES: JsonObject = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "many": {"type": "array", "items": {"$ref": "#/components/schemas/File"}, "minItems": 1},
        "modern": {"contentMediaType": "image/png"},
        "meta": {"type": "object"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "text64": {"type": "string", "format": "byte"},
    },
}


def test_multipart_has_a_part_for_each_value_and_files_as_the_caller_gives_them(tool: CompileTool) -> None:
    value = {
        "file": b64encode(PNG).decode(),
        "many": [{"text": "a,b\r\n", "filename": "t.csv"}, {"base64": "", "media_type": "image/gif", "filename": 'x"\r\n.gif'}],
        "modern": {"base64": b64encode(PNG).decode(), "filename": "a.png"},
        "meta": {"k": [1]},
        "tags": ["é", "b"],
        "text64": "YQ==",
        "other": 1.0,
    }
    request = _sent(tool, PARTS, value, {"File": {"type": "string", "format": "binary"}}, schema=FILES)
    assert re.fullmatch(r"multipart/form-data; boundary=callgate-[0-9a-f]{32}", _content_type(request))
    assert [_read(part) for part in _parts(request)] == [
        ("file", "file", "application/octet-stream", PNG),
        ("many", "t.csv", "text/csv", b"a,b\r\n"),
        ("many", "x%22%0D%0A.gif", "image/gif", b""),
        ("modern", "a.png", "image/png", PNG),
        ("meta", None, "application/json", b'{"k":[1]}'),
        ("tags", None, None, "é".encode()),
        ("tags", None, None, b"b"),
        ("text64", None, None, b"YQ=="),
        ("other", None, None, b"1"),
    ]


def test_multipart_names_no_more_artifacts_than_can_be_looked_up_soon(tool: CompileTool) -> None:
    schema = {"properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}}}
    many = [f"artifact:art_{number:032x}" for number in range(65)]
    assert len(_sent(tool, PARTS, {"files": many[:64]}, schema=schema).insertions) == 64
    with pytest.raises(RequestRefused, match="more than 64 artifacts"):
        _sent(tool, PARTS, {"files": many}, schema=schema)


def test_multipart_of_the_same_fields_is_the_same_to_the_byte(tool: CompileTool) -> None:
    assert _sent(tool, PARTS, {"a": "x"}) == _sent(tool, PARTS, {"a": "x"})
    assert _sent(tool, PARTS, {"a": "x"}) != _sent(tool, PARTS, {"a": "y"})


def test_part_cannot_end_another(tool: CompileTool) -> None:
    forged = _sent(tool, PARTS, {"a": "x"}).body
    assert forged is not None
    request = _sent(tool, PARTS, {"a": forged.decode(), 'n"; filename="f\r\nX: y': "b"})
    assert [_read(part)[0] for part in _parts(request)] == ["a", "n%22; filename=%22f%0D%0AX: y"]


def test_part_is_written_by_its_encoding(tool: CompileTool) -> None:
    encoding = {
        "image": {
            "contentType": "image/png, image/jpeg",
            "headers": {"X-Fixed": {"schema": {"const": "1"}}, "X-Open": {"schema": {"type": "string"}}},
        },
        "xml": {"contentType": "application/xml; charset=utf-8"},
        "list": {"style": "pipeDelimited"},
        "free": {"contentType": "image/*"},
    }
    schema: JsonObject = {
        "properties": {"image": {"type": "string", "format": "binary"}, "free": {"type": "string", "format": "binary"}}
    }
    value = {"image": "YQ==", "xml": "<a/>", "list": [1, 2], "free": {"text": "x", "filename": "a.svg"}}
    parts = _parts(_sent(tool, PARTS, value, encoding=encoding, schema=schema))
    assert [_read(part) for part in parts] == [
        ("image", "image", "image/png", b"a"),
        ("xml", None, "application/xml", b"<a/>"),
        ("list", None, None, b"1|2"),
        ("free", "a.svg", "image/svg+xml", b"x"),
    ]
    assert (parts[0]["X-Fixed"], parts[0]["X-Open"]) == ("1", None)
    with pytest.raises(RequestRefused, match="image/png, image/jpeg"):
        _sent(tool, PARTS, {"image": {"text": "x", "media_type": "text/html"}}, encoding=encoding, schema=schema)


@pytest.mark.parametrize(
    "file", ["not base64", {}, {"text": "a", "base64": ""}, {"text": "a", "media_type": "a/b\r\nX: y"}, {"x": 1}]
)
def test_file_that_is_none_does_not_fit_the_input_schema(tool: CompileTool, file: Any) -> None:
    with pytest.raises((ArgumentsInvalid, RequestRefused)):
        _sent(tool, PARTS, {"file": file}, schema={"properties": {"file": {"type": "string", "format": "binary"}}})


# The examples of OpenAPI 3.1.1, §4.8.26, and what they leave open.
_NAMED: JsonObject = {"type": "array", "items": {"xml": {"name": "animal"}}}
_STEM: JsonObject = {"xml": {"namespace": "http://x/y", "prefix": "s"}}
_LIST: JsonObject = {"type": "array", "items": {"type": "string"}}
# fmt: off
XMLS = [
    ({"properties": {"animals": {"type": "string"}}}, {"animals": "x"}, "<animals>x</animals>"),
    ({"properties": {"animals": _LIST}}, {"animals": ["a", "b"]}, "<animals>a</animals><animals>b</animals>"),
    ({"properties": {"id": {"type": "integer", "xml": {"attribute": True}}, "name": _STEM}},
     {"name": "n", "id": 1}, None),
    ({"properties": {"animals": _NAMED}}, {"animals": ["v"]}, "<animal>v</animal>"),
    ({"properties": {"animals": _NAMED | {"xml": {"name": "aliens"}}}},
     {"animals": ["v"]}, "<animal>v</animal>"),
    ({"properties": {"animals": _LIST | {"xml": {"wrapped": True}}}},
     {"animals": ["v"]}, "<animals><animals>v</animals></animals>"),
    ({"properties": {"animals": _NAMED | {"xml": {"name": "aliens", "wrapped": True}}}},
     {"animals": ["v", "w"]}, "<aliens><animal>v</animal><animal>w</animal></aliens>"),
    ({"properties": {"animals": _LIST | {"xml": {"name": "aliens", "wrapped": True}}}},
     {"animals": ["v"]}, "<aliens><aliens>v</aliens></aliens>"),
    ({"properties": {"b": {}, "a": {}}}, {"z": 1, "a": "<&>", "b": True}, "<b>true</b><a>&lt;&amp;&gt;</a><z>1</z>"),
    ({"properties": {"a": {"properties": {"b": {}}}}}, {"a": {"b": {"c": []}}}, "<a><b/></a>"),
    ({}, {"a": None}, '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'),
    ({"properties": {"t": {"xml": {"nodeType": "cdata"}}}}, {"t": "a]]>b"}, "<![CDATA[a]]]]><![CDATA[>b]]>"),
]
# fmt: on


@pytest.mark.parametrize(("schema", "value", "inner"), XMLS)
def test_xml_is_written_by_the_schema(tool: CompileTool, schema: JsonObject, value: Any, inner: str | None) -> None:
    body = _sent(tool, XML, value, {"Pet": schema}, schema={"$ref": "#/components/schemas/Pet"}).body
    expected = f"<Pet>{inner}</Pet>" if inner else '<Pet id="1"><s:name xmlns:s="http://x/y">n</s:name></Pet>'
    assert body == f'<?xml version="1.0" encoding="UTF-8"?>{expected}'.encode()


def test_xml_of_a_list_is_wrapped_and_text_is_xml_already(tool: CompileTool) -> None:
    named = _sent(tool, XML, [1, 2], schema={"type": "array", "items": {"xml": {"name": "i"}}, "xml": {"name": "l"}})
    assert named.body == b'<?xml version="1.0" encoding="UTF-8"?><l><i>1</i><i>2</i></l>'
    assert _sent(tool, XML, "<a>é</a>").body == "<a>é</a>".encode()


def test_xml_schema_that_leads_back_to_itself_is_written_as_deep_as_the_value(tool: CompileTool) -> None:
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}, "v": {"xml": {"attribute": True}}}}
    body = _sent(tool, XML, {"v": 1, "next": {"v": 2}}, {"Node": node}, schema={"$ref": "#/components/schemas/Node"}).body
    assert body is not None
    assert body.endswith(b'<Node v="1"><next v="2"/></Node>')


@pytest.mark.parametrize("value", [{"a b": 1}, {"<a": 1}, {"": 1}, {"a": "\x00"}, {"a": "\ufffe"}, {"xml:a": 1}])
def test_what_xml_cannot_hold_is_refused(tool: CompileTool, value: Any) -> None:
    with pytest.raises(RequestRefused):
        _sent(tool, XML, value)


def test_json_bodies_do_not_show_the_model_how_xml_would_be_written(tool: CompileTool) -> None:
    schema = {"properties": {"a": {"xml": {"attribute": True}}}}
    both = {"application/xml": {"schema": schema}, "application/json": {"schema": schema}}
    version = tool("/x", "post", {"requestBody": {"content": both}, "responses": {}})
    assert version.draft.input_schema["properties"]["body"] == {"properties": {"a": {}}}

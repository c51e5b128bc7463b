"""Arguments become a request in which they stay data."""

from dataclasses import replace
from typing import Any

import pytest

from registry.calling.request import build
from registry.compiler.compiler import CredentialSource, ToolsetHeader
from registry.model.errors import RequestRefused
from registry.model.tool import JsonObject, Limits
from tests.registry.conftest import CompileTool

SERVER = "https://api.example.com/v1"


def _with(name: str, where: str, **more: Any) -> JsonObject:
    return {"parameters": [{"name": name, "in": where, "schema": {}, **more}], "responses": {}}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a", "/x/a/y"),
        ("a/b", "/x/a%2Fb/y"),
        ("../../admin", "/x/..%2F..%2Fadmin/y"),
        ("%2f..%2f", "/x/%252f..%252f/y"),
        ("a?b#c", "/x/a%3Fb%23c/y"),
        ("..;", "/x/..%3B/y"),
        ("a\r\nHost: b", "/x/a%0D%0AHost%3A%20b/y"),
        ("\\..\\", "/x/%5C..%5C/y"),
        ("é€", "/x/%C3%A9%E2%82%AC/y"),
        ("@:", "/x/%40%3A/y"),
        ("a.b-c_d~e", "/x/a.b-c_d~e/y"),
        (7, "/x/7/y"),
        (1.0, "/x/1/y"),
        (1e21, "/x/1e%2B21/y"),
        (True, "/x/true/y"),
        ([1, "a,b"], "/x/1,a%2Cb/y"),
        ({"k": "v=w"}, "/x/k,v%3Dw/y"),
    ],
)
def test_value_cannot_leave_its_path_segment(tool: CompileTool, value: Any, path: str) -> None:
    assert build(tool("/x/{p}/y", "get", _with("p", "path")), {"p": value}).url == SERVER + path


@pytest.mark.parametrize("value", ["", ".", "..", "...", None, [], [""], [None], {}])
def test_path_segment_that_is_empty_or_dots_or_has_no_form_is_refused(tool: CompileTool, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x/{p}", "get", _with("p", "path")), {"p": value})


def test_dots_of_two_arguments_cannot_meet(tool: CompileTool) -> None:
    version = tool("/x/{a}{b}", "get", {"responses": {}})
    with pytest.raises(RequestRefused):
        build(version, {"a": ".", "b": "."})


def test_exploded_object_cannot_name_another_parameter_or_the_credential(tool: CompileTool) -> None:
    names = [{"name": "filter", "in": "query", "schema": {}}, {"name": "limit", "in": "query", "schema": {}}]
    header = ToolsetHeader("things", server=SERVER, credentials=(CredentialSource("query:api_key", "p", "f"),))
    version = tool("/x", "get", {"parameters": names, "responses": {}}, header=header)
    assert build(version, {"filter": {"a": 1}}).url.endswith("?a=1")
    for name in ("limit", "api_key"):
        with pytest.raises(RequestRefused):
            build(version, {"filter": {name: 1}})


@pytest.mark.parametrize("where", ["header", "cookie"])
@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\x00b", ["a", "b\r"], [None]])
def test_value_that_would_break_a_header_is_refused(tool: CompileTool, where: str, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "get", _with("A", where, explode=False)), {"A": value})


@pytest.mark.parametrize("value", ["é", "\x7f", "\x1b", " a", "a ", "\ta"])
def test_header_of_other_than_printable_ascii_or_with_blanks_that_would_be_cut_is_refused(
    tool: CompileTool, value: str
) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "get", _with("X-A", "header")), {"X-A": value})


def test_cookies_share_one_header_and_cannot_add_one(tool: CompileTool) -> None:
    cookies: list[JsonObject] = [{"name": name, "in": "cookie", "schema": {}} for name in ("a", "b")]
    request = build(tool("/x", "get", {"parameters": cookies, "responses": {}}), {"a": "1; c=2", "b": 3})
    assert ("Cookie", "a=1%3B%20c%3D2; b=3") in request.headers


def test_exploded_cookie_cannot_name_another_cookie(tool: CompileTool) -> None:
    cookies: list[JsonObject] = [{"name": name, "in": "cookie", "schema": {}} for name in ("a", "session")]
    version = tool("/x", "get", {"parameters": cookies, "responses": {}})
    with pytest.raises(RequestRefused):
        build(version, {"a": {"session": "x"}})


def test_null_of_an_optional_parameter_is_not_sent_and_of_a_required_one_refused(tool: CompileTool) -> None:
    assert build(tool("/x", "get", _with("q", "query")), {"q": None}).url == SERVER + "/x"
    with pytest.raises(RequestRefused, match="null"):
        build(tool("/x", "get", _with("q", "query", required=True)), {"q": None})


def test_required_parameter_that_is_not_given_is_sent_as_its_default(tool: CompileTool) -> None:
    version = tool("/x", "get", _with("v", "query", required=True, schema={"default": "1.0"}))
    assert build(version, {}).url == SERVER + "/x?v=1.0"
    assert build(version, {"v": "2.0"}).url == SERVER + "/x?v=2.0"


def test_fragment_of_a_path_is_not_sent_and_its_query_is(tool: CompileTool) -> None:
    assert build(tool("/x#Action=Run", "get", _with("Action", "query")), {"Action": "Run"}).url == SERVER + "/x?Action=Run"
    assert build(tool("/x?beta=true", "get", _with("q", "query")), {"q": 1}).url == SERVER + "/x?beta=true&q=1"
    assert build(tool("/x?id={id}", "get", {"responses": {}}), {"id": "a&b"}).url == SERVER + "/x?id=a%26b"
    assert build(tool("/x?id={id}", "get", _with("id", "query")), {"id": "a&b"}).url == SERVER + "/x?id=a%26b"


def test_body_over_the_limit_is_refused_and_one_that_is_not_given_is_not_sent(tool: CompileTool) -> None:
    version = tool("/x", "post", {"requestBody": {"content": {"application/json": {}}}, "responses": {}})
    small = replace(version, draft=replace(version.draft, limits=Limits(request_bytes=10)))
    assert build(small, {"body": "12345678"}).body == b'"12345678"'
    with pytest.raises(RequestRefused, match="11 bytes"):
        build(small, {"body": "123456789"})
    request = build(version, {})
    assert request.body is None
    assert "Content-Type" not in dict(request.headers)


def test_url_over_its_bound_is_refused(tool: CompileTool) -> None:
    with pytest.raises(RequestRefused, match="URL"):
        build(tool("/x", "get", _with("q", "query")), {"q": "x" * 40_000})


def test_template_is_encoded_where_it_must_be_and_accept_names_what_the_document_promises(tool: CompileTool) -> None:
    request = build(tool("/a b/ü%20c", "get", {"responses": {"200": {"content": {"text/csv": {}}}}}), {})
    assert request.url == SERVER + "/a%20b/%C3%BC%20c"
    assert request.headers == (("Accept", "text/csv"),)


@pytest.mark.parametrize("schema", [{"type": "object"}, {"properties": {"n": {"type": "integer"}}}])
def test_object_of_a_path_has_a_member_by_the_schema_already(tool: CompileTool, schema: JsonObject) -> None:
    version = tool("/a/{p}", "get", {"parameters": [{"name": "p", "in": "path", "required": True, "schema": schema}]})
    assert version.draft.input_schema["properties"]["p"]["minProperties"] == 1

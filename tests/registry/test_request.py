"""Arguments become a request in which they stay data."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from registry.compiling import CredentialRequest, ToolsetHeader
from registry.errors import RequestRefused
from registry.request import build
from registry.tool import JsonObject, Limits, ToolVersion

Tool = Callable[..., ToolVersion]
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
def test_value_cannot_leave_its_path_segment(tool: Tool, value: Any, path: str) -> None:
    assert build(tool("/x/{p}/y", "get", _with("p", "path")), {"p": value}).url == SERVER + path


@pytest.mark.parametrize("value", ["", ".", "..", "...", None, [], [""], [[1]], {"a": {}}, {}])
def test_path_segment_that_is_empty_or_dots_or_has_no_form_is_refused(tool: Tool, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x/{p}", "get", _with("p", "path")), {"p": value})


def test_dots_of_two_arguments_cannot_meet(tool: Tool) -> None:
    version = tool("/x/{a}{b}", "get", {"responses": {}})
    with pytest.raises(RequestRefused):
        build(version, {"a": ".", "b": "."})


@pytest.mark.parametrize(
    ("more", "value", "query"),
    [
        ({}, "a b&c=d", "?q=a%20b%26c%3Dd"),
        ({}, "+", "?q=%2B"),
        ({}, "", "?q="),
        ({}, False, "?q=false"),
        ({}, [1, 2], "?q=1&q=2"),
        ({}, [], ""),
        ({}, {"a": 1, "b": "x&y"}, "?a=1&b=x%26y"),
        ({"explode": False}, [1, "a,b"], "?q=1,a%2Cb"),
        ({"explode": False}, {"a": 1}, "?q=a,1"),
        ({"explode": False}, [], ""),
        ({"style": "deepObject", "explode": True}, {"a": 1, "b]": "x"}, "?q%5Ba%5D=1&q%5Bb%5D%5D=x"),
    ],
)
def test_query_parameter_is_written_by_its_style(tool: Tool, more: JsonObject, value: Any, query: str) -> None:
    assert build(tool("/x", "get", _with("q", "query", **more)), {"q": value}).url == SERVER + "/x" + query


@pytest.mark.parametrize(
    ("more", "value"),
    [({}, None), ({}, [None]), ({}, {"a": []}), ({"style": "deepObject"}, "x"), ({"style": "deepObject"}, {"a": {"b": 1}})],
)
def test_query_value_without_a_form_is_refused(tool: Tool, more: JsonObject, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "get", _with("q", "query", **more)), {"q": value})


def test_exploded_object_cannot_name_another_parameter_or_the_credential(tool: Tool) -> None:
    names = [{"name": "filter", "in": "query", "schema": {}}, {"name": "limit", "in": "query", "schema": {}}]
    header = ToolsetHeader("things", server=SERVER, credentials=(CredentialRequest("query:api_key", "p", "f"),))
    version = tool("/x", "get", {"parameters": names, "responses": {}}, header=header)
    assert build(version, {"filter": {"a": 1}}).url.endswith("?a=1")
    for name in ("limit", "api_key"):
        with pytest.raises(RequestRefused):
            build(version, {"filter": {name: 1}})


@pytest.mark.parametrize(("value", "sent"), [("a b", "a b"), ([1, 2], "1,2"), ({"a": 1}, "a,1"), (True, "true")])
def test_header_is_written_as_it_is(tool: Tool, value: Any, sent: str) -> None:
    assert ("X-A", sent) in build(tool("/x", "get", _with("X-A", "header")), {"X-A": value}).headers


@pytest.mark.parametrize("where", ["header", "cookie"])
@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "a\x00b", ["a", "b\r"], None])
def test_value_that_would_break_a_header_is_refused(tool: Tool, where: str, value: Any) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "get", _with("A", where, explode=False)), {"A": value})


@pytest.mark.parametrize("value", ["é", "\x7f", "\x1b"])
def test_header_of_other_than_printable_ascii_is_refused(tool: Tool, value: str) -> None:
    with pytest.raises(RequestRefused):
        build(tool("/x", "get", _with("X-A", "header")), {"X-A": value})


def test_cookies_share_one_header_and_cannot_add_one(tool: Tool) -> None:
    cookies: list[JsonObject] = [{"name": name, "in": "cookie", "schema": {}} for name in ("a", "b")]
    request = build(tool("/x", "get", {"parameters": cookies, "responses": {}}), {"a": "1; c=2", "b": 3})
    assert ("Cookie", "a=1%3B%20c%3D2; b=3") in request.headers


@pytest.mark.parametrize(
    ("media_type", "value", "content_type", "sent"),
    [
        ("application/json", {"é": [1.5, None]}, "application/json", '{"é":[1.5,null]}'.encode()),
        ("application/json", None, "application/json", b"null"),
        ("application/merge-patch+json", {}, "application/merge-patch+json", b"{}"),
        (
            "application/x-www-form-urlencoded", {"a": "b&c", "l": [1, 2]}, "application/x-www-form-urlencoded",
            b"a=b%26c&l=1&l=2",
        ),
        ("text/plain", "é", "text/plain; charset=utf-8", "é".encode()),
    ],
)  # fmt: skip
def test_body_is_written_in_its_media_type(tool: Tool, media_type: str, value: Any, content_type: str, sent: bytes) -> None:
    version = tool("/x", "post", {"requestBody": {"content": {media_type: {}}}, "responses": {}})
    request = build(version, {"body": value})
    assert (request.method, request.body) == ("POST", sent)
    assert ("Content-Type", content_type) in request.headers


@pytest.mark.parametrize("value", ["x", {"a": {}}, {"a": None}, {"a": [[]]}])
def test_form_that_is_not_flat_is_refused(tool: Tool, value: Any) -> None:
    version = tool("/x", "post", {"requestBody": {"content": {"application/x-www-form-urlencoded": {}}}, "responses": {}})
    with pytest.raises(RequestRefused):
        build(version, {"body": value})


def test_body_over_the_limit_is_refused_and_one_that_is_not_given_is_not_sent(tool: Tool) -> None:
    version = tool("/x", "post", {"requestBody": {"content": {"application/json": {}}}, "responses": {}})
    small = replace(version, draft=replace(version.draft, limits=Limits(request_bytes=10)))
    assert build(small, {"body": "12345678"}).body == b'"12345678"'
    with pytest.raises(RequestRefused, match="11 bytes"):
        build(small, {"body": "123456789"})
    request = build(version, {})
    assert request.body is None
    assert "Content-Type" not in dict(request.headers)


def test_url_over_its_bound_is_refused(tool: Tool) -> None:
    with pytest.raises(RequestRefused, match="URL"):
        build(tool("/x", "get", _with("q", "query")), {"q": "x" * 40_000})


def test_template_is_encoded_where_it_must_be_and_accept_names_what_the_document_promises(tool: Tool) -> None:
    request = build(tool("/a b/ü%20c", "get", {"responses": {"200": {"content": {"text/csv": {}}}}}), {})
    assert request.url == SERVER + "/a%20b/%C3%BC%20c"
    assert request.headers == (("Accept", "text/csv"),)

"""`callgate try` and its RPC: what a preview tells is what a box then sends."""

import pytest

from callgate import RetryPolicy, Succeeded
from callgate.errors import ApprovalRequired, NotPermitted, ToolNotFound

from .conftest import Json, Situate
from .recipes import Recipes, answer

BODY = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}


def _operation(verb: str, media_type: str = "", schema: Json | None = None, *parameters: Json) -> Json:
    content = {"requestBody": {"content": {media_type: {"schema": schema or BODY}}}} if media_type else {}
    return {"/x/{id}": {verb: {"operationId": "op", "parameters": [_path(), *parameters], **content}}}


def _path() -> Json:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


@pytest.mark.parametrize(
    ("paths", "arguments"),
    [
        (_operation("get"), {"id": "a/b"}),
        (_operation("delete"), {"id": "é"}),
        (_operation("post", "application/json"), {"id": "1", "body": {"a": "é", "b": 1}}),
        (_operation("put", "application/x-www-form-urlencoded"), {"id": "1", "body": {"a": "x y", "b": 1}}),
        (_operation("post", "multipart/form-data"), {"id": "1", "body": {"a": "x", "b": 1}}),
        (_operation("post", "text/plain", {"type": "string"}), {"id": "1", "body": "two\nlines"}),
        (_operation("post", "application/octet-stream", {"format": "binary"}), {"id": "1", "body": "AP8="}),
        (_operation("get", "", None, {"name": "X-A", "in": "header"}, {"name": "c", "in": "cookie"}),
         {"id": "1", "X-A": "b", "c": 1}),
    ],
)  # fmt: skip
def test_a_preview_is_the_request_that_leaves_the_box(
    situation: Situate, recipes: Recipes, paths: Json, arguments: Json
) -> None:
    made = situation(paths, secret="s3cret", manifest={"defaults": {"headers": {"X-Tenant": {"principal": "tenant"}}}})
    preview = made.house.client.invocations.preview(made.name("op"), arguments)
    assert (preview.refusals, recipes.requests) == ((), [])
    request = preview.request
    assert request is not None
    recipes.tell(request.method, request.url.removeprefix(recipes.url), answer(200))
    assert isinstance(made.call("op", arguments).outcome, Succeeded)
    (sent,) = recipes.requests
    assert (sent.method, recipes.url + sent.path) == (request.method, request.url)
    told = {name.lower(): value.replace("[secret]", "s3cret") for name, value in request.headers}
    assert told.items() <= sent.headers.items()
    assert set(sent.headers) - set(told) <= {"host", "content-length", "connection", "traceparent", "accept-encoding"}
    assert sent.raw.partition(b"\r\n\r\n")[2] == request.body


def test_a_preview_leaves_no_record_and_takes_no_secret(situation: Situate, recipes: Recipes) -> None:
    made = situation(_operation("get"), secret="s3cret")
    client = made.house.client
    for arguments in ({"id": "1"}, {}, {"id": "1", "no": 2}):
        preview = client.invocations.preview(made.name("op"), arguments)
        assert "s3cret" not in repr(preview)
    assert list(client.invocations.list(tool=made.name("op"))) == []
    assert made.house.live_tokens() == []
    assert recipes.requests == []


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ({"type": "apiKey", "in": "query", "name": "key"}, "/x/1?key=[secret]"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "X-Key: [secret]"),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "Cookie: sid=[secret]"),
        ({"type": "http", "scheme": "basic"}, "Authorization: Basic [secret]"),
        ({"type": "http", "scheme": "bearer"}, "Authorization: Bearer [secret]"),
        ({"type": "oauth2", "flows": {}}, "Authorization: Bearer [secret]"),
    ],
)
def test_a_mask_stands_where_each_kind_of_secret_goes(situation: Situate, scheme: Json, told: str) -> None:
    made = situation(
        _operation("get"),
        components={"securitySchemes": {"s": scheme}},
        security=[{"s": []}],
        manifest={"credentials": {"s": {"path": "secret/data/x", "field": "f"}}},
    )
    request = made.house.client.invocations.preview(made.name("op"), {"id": "1"}).request
    assert request is not None
    target = request.url.removeprefix(made.house.client.tools.get(made.name("op")).endpoint.partition("/x/")[0])
    assert told in {target, *(f"{name}: {value}" for name, value in request.headers)}


@pytest.mark.parametrize(
    ("arguments", "pointer"),
    [({}, ""), ({"id": 7}, "/id"), ({"id": "1", "body": {"b": "x"}}, "/body/b"), ({"id": "1", "no": 1}, "")],
)
def test_arguments_that_do_not_fit_are_told_with_their_places(situation: Situate, arguments: Json, pointer: str) -> None:
    made = situation(_operation("post", "application/json"))
    preview = made.house.client.invocations.preview(made.name("op"), arguments)
    (refusal,) = preview.refusals
    assert (preview.request, refusal.reason) == (None, "ARGUMENTS_INVALID")
    assert pointer in {one.pointer for one in refusal.violations}
    assert refusal.cure


def test_what_the_operator_asks_of_a_call_is_told_as_the_call_would_say_it(situation: Situate) -> None:
    made = situation(_operation("get"), manifest={"defaults": {"requires_approval": True}})
    preview = made.house.client.invocations.preview(made.name("op"), {"id": "1"})
    with pytest.raises(ApprovalRequired) as refused:
        made.call("op", {"id": "1"})
    assert [(one.reason, one.message, one.cure) for one in preview.refusals] == [
        ("APPROVAL_REQUIRED", refused.value.message, refused.value.cure)
    ]
    assert preview.request is not None


def test_a_path_segment_that_cannot_be_is_told(situation: Situate) -> None:
    made = situation(_operation("get"))
    (refusal,) = made.house.client.invocations.preview(made.name("op"), {"id": ".."}).refusals
    assert refusal.reason == "REQUEST_INVALID"


def test_a_caller_without_the_right_is_told_nothing(situation: Situate) -> None:
    made = situation(_operation("get"))
    client = made.house.client
    added = client.principals.add("local", "narrow", "ada", tools=["nothing_*"])
    with made.house.connect(RetryPolicy(), added.token) as other, pytest.raises(NotPermitted):
        other.invocations.preview(made.name("op"), {"id": ".."})
    with pytest.raises(ToolNotFound):
        client.invocations.preview("no_such_tool_at_all", {})

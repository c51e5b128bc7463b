"""Lists that go on: one call fetches several pages in its box, and makes one answer of them."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from callgate import Invocation, Result
from tests.real_apis.asking import failed, operation, succeeded
from tests.real_apis.conftest import Json, Situate
from tests.real_apis.recipes import HANG, Answer, Recipes, answer, head

SECRET = "s3cr3t/canary+0123"
CURSOR: Json = {"kind": "cursor", "items": "/data", "next": "/meta/next", "argument": "cursor", "pages": 5}
PAGE: Json = {"kind": "page", "items": "/items", "argument": "page", "pages": 5}
OFFSET: Json = {"kind": "offset", "items": "", "argument": "offset", "pages": 5}
LINK: Json = {"kind": "link", "items": "", "pages": 5}


def parameter(name: str, kind: str = "string", place: str = "query") -> Json:
    return {"name": name, "in": place, "schema": {"type": kind}}


PARAMETERS = [parameter("cursor"), parameter("page", "integer"), parameter("offset", "integer"), parameter("q")]


def told(value: Any, *headers: str, status: int = 200) -> Answer:
    return answer(status, json.dumps(value).encode(), *headers)


def listed(
    situation: Situate, recipes: Recipes, pagination: Json, *pages: Answer, arguments: Json | None = None, **options: Any
) -> Invocation:
    recipes.tell("GET", "/ask", *pages)
    settings = {"pagination": pagination, **options.pop("settings", {})}
    made = situation({"/ask": operation(parameters=PARAMETERS)}, manifest={"defaults": settings}, **options)
    return made.call("ask", arguments or {})


def value_of(result: Result) -> Any:
    return json.loads(result.body)


def queries(recipes: Recipes) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(one.path).query) for one in recipes.received("GET", "/ask")]


def cursor_page(items: list[int], following: Any) -> Answer:
    return told({"data": items, "meta": {"next": following}})


def test_cursors_are_followed_and_the_items_joined(situation: Situate, recipes: Recipes) -> None:
    pages = (cursor_page([1, 2], "a b&c"), cursor_page([3], "z"), cursor_page([4], None))
    result = succeeded(listed(situation, recipes, CURSOR, *pages, arguments={"q": "x"}))
    assert value_of(result) == {"data": [1, 2, 3, 4], "meta": {"next": None}}
    assert queries(recipes) == [{"q": ["x"]}, {"q": ["x"], "cursor": ["a b&c"]}, {"q": ["x"], "cursor": ["z"]}]
    assert result.pages is not None
    assert (result.pages.fetched, result.pages.items, result.pages.more, result.pages.stopped) == (3, 4, False, "")


@pytest.mark.parametrize("end", [None, "", False])
def test_a_cursor_that_says_nothing_ends_the_list(situation: Situate, recipes: Recipes, end: Any) -> None:
    result = succeeded(listed(situation, recipes, CURSOR, cursor_page([1], end)))
    assert (value_of(result)["data"], result.pages and result.pages.more) == ([1], False)


def test_a_page_without_a_cursor_ends_the_list(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(listed(situation, recipes, CURSOR, told({"data": [1]})))
    assert (value_of(result), len(recipes.requests)) == ({"data": [1]}, 1)


def test_no_more_pages_are_fetched_than_the_manifest_allows_and_the_model_can_go_on(
    situation: Situate, recipes: Recipes
) -> None:
    pages = [cursor_page([n], f"c{n}") for n in range(9)]
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 3}, *pages))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.more, result.pages.next_arguments) == ([0, 1, 2], True, {"cursor": "c2"})
    assert 'call again with {"cursor": "c2"}' in result.for_model


def test_the_last_item_can_be_the_cursor(situation: Situate, recipes: Recipes) -> None:
    pages = (told({"data": [{"id": "a"}, {"id": "b"}], "has_more": True}), told({"data": [{"id": "c"}], "has_more": False}))
    wanted = {"kind": "cursor", "items": "/data", "next": "/data/-/id", "more": "/has_more", "argument": "cursor"}
    result = succeeded(listed(situation, recipes, wanted, *pages))
    assert [one["id"] for one in value_of(result)["data"]] == ["a", "b", "c"]
    assert queries(recipes) == [{}, {"cursor": ["b"]}]


@pytest.mark.parametrize(("given", "asked"), [({}, ["2", "3"]), ({"page": 7}, ["8", "9"])])
def test_pages_are_counted_from_the_callers_until_one_is_empty(
    situation: Situate, recipes: Recipes, given: Json, asked: list[str]
) -> None:
    pages = (told({"items": [1]}), told({"items": [2]}), told({"items": []}))
    result = succeeded(listed(situation, recipes, PAGE, *pages, arguments=given))
    assert (value_of(result)["items"], [one["page"] for one in queries(recipes)[1:]]) == ([1, 2], [[one] for one in asked])


def test_pages_may_begin_with_0(situation: Situate, recipes: Recipes) -> None:
    succeeded(listed(situation, recipes, PAGE | {"first": 0, "pages": 2}, told({"items": [1]}), told({"items": [2]})))
    assert queries(recipes) == [{}, {"page": ["1"]}]


def test_an_offset_grows_by_what_came(situation: Situate, recipes: Recipes) -> None:
    pages = (told([1, 2, 3]), told([4, 5]), told([]))
    result = succeeded(listed(situation, recipes, OFFSET, *pages, arguments={"offset": 10}))
    assert value_of(result) == [1, 2, 3, 4, 5]
    assert [one["offset"] for one in queries(recipes)] == [["10"], ["13"], ["15"]]


def test_a_link_header_is_followed(situation: Situate, recipes: Recipes) -> None:
    pages = (
        told([1], 'Link: <?page=1>; rel=first, </ask?page=2&q=a>; rel="next last"'),
        told([2], f"Link: <{recipes.url}/ask?page=3>; rel=next"),
        told([3], "Link: <?page=1>; rel=prev"),
    )
    result = succeeded(listed(situation, recipes, LINK, *pages))
    assert (value_of(result), queries(recipes)) == ([1, 2, 3], [{}, {"page": ["2"], "q": ["a"]}, {"page": ["3"]}])
    assert "next" not in result.links


def test_a_link_that_is_left_is_told_as_arguments(situation: Situate, recipes: Recipes) -> None:
    pages = (told([1], "Link: <?page=2>; rel=next"), told([2], "Link: <?page=3>; rel=next"))
    result = succeeded(listed(situation, recipes, LINK | {"pages": 2}, *pages))
    assert result.pages is not None
    assert (result.pages.next_arguments, result.links["next"]) == ({"page": 3}, f"{recipes.url}/ask?page=3")


def test_a_link_in_the_body_is_followed(situation: Situate, recipes: Recipes) -> None:
    wanted = {"kind": "link", "items": "/value", "next": "/@odata.nextLink"}
    pages = (told({"value": [1], "@odata.nextLink": f"{recipes.url}/ask?$skip=1"}), told({"value": [2]}))
    assert value_of(succeeded(listed(situation, recipes, wanted, *pages))) == {"value": [1, 2]}


def test_a_link_to_another_origin_is_not_followed(situation: Situate, recipes: Recipes) -> None:
    with Recipes() as other:
        pages = told([1], f"Link: <{other.url}/ask?page=2>; rel=next")
        result = succeeded(listed(situation, recipes, LINK, pages, secret=SECRET))
        assert result.pages is not None
        assert (value_of(result), result.pages.stopped, other.requests) == ([1], "ORIGIN", [])


def test_each_page_gets_the_credential(situation: Situate, recipes: Recipes) -> None:
    succeeded(listed(situation, recipes, PAGE, told({"items": [1]}), told({"items": []}), secret=SECRET))
    sent = [one.headers["authorization"] for one in recipes.received("GET", "/ask")]
    assert sent == [f"Bearer {SECRET}"] * 2


def test_no_page_tells_the_secret(situation: Situate, recipes: Recipes) -> None:
    pages = (told({"data": [SECRET], "meta": {"next": SECRET}}), told({"data": [f"x{SECRET}"], "meta": {"next": SECRET + "2"}}))
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 2}, *pages, secret=SECRET))
    assert SECRET not in result.for_model
    assert value_of(result)["data"] == ["[REDACTED]", "x[REDACTED]"]


def test_a_cursor_with_the_secret_in_it_is_not_offered_and_the_reason_is_told(situation: Situate, recipes: Recipes) -> None:
    pages = [cursor_page([n], f"{n}-{SECRET}") for n in range(3)]
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 2}, *pages, secret=SECRET))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.more, result.pages.next_arguments) == ([0, 1], True, {})
    assert "There is more, but what leads to the next page has the tool's secret in it" in result.for_model
    assert "call again" not in result.for_model


def test_a_link_with_the_secret_in_its_path_is_not_offered(situation: Situate, recipes: Recipes) -> None:
    pages = told([1], f"Link: </ask/{SECRET}?page=2>; rel=next")
    result = succeeded(listed(situation, recipes, LINK | {"pages": 1}, pages, secret=SECRET))
    assert result.pages is not None
    assert (result.pages.more, result.pages.next_arguments, "next" in result.links) == (True, {}, False)
    assert "has the tool's secret in it" in result.pages.message


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("?page_info=2", "'page_info'"),
        ("/ask/2", "another than the call's"),
        ("/other?page=2&admin=1", "another than the call's"),
        (f"?page=2&q={SECRET}", "the tool's secret in it"),
        (f"?page=2&q={SECRET[:9]}&cursor={SECRET[9:]}", "the tool's secret in it"),
    ],
)
def test_a_link_that_the_tool_cannot_follow_is_not_offered_and_the_reason_is_told(
    situation: Situate, recipes: Recipes, target: str, why: str
) -> None:
    """What the tool does not take would be left out of the offer, which then leads elsewhere, or nowhere."""
    page = told([1], f"Link: <{target}>; rel=next")
    options: Json = {"secret": SECRET} if SECRET[9:] in target else {}
    result = succeeded(listed(situation, recipes, LINK | {"pages": 1}, page, **options))
    assert result.pages is not None
    assert (result.pages.more, result.pages.next_arguments, "call again" in result.for_model) == (True, {}, False)
    assert why in result.pages.message


@pytest.mark.parametrize("cursor", [{"a": 1}, [2]])
@pytest.mark.parametrize("most", [1, 5])
def test_a_cursor_that_the_tool_does_not_take_is_not_offered(
    situation: Situate, recipes: Recipes, cursor: Any, most: int
) -> None:
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": most}, cursor_page([1], cursor)))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.more, result.pages.next_arguments) == ([1], True, {})
    assert "since the tool does not take it" in result.pages.message


def test_a_number_of_any_length_leads_on_as_it_is_written(situation: Situate, recipes: Recipes) -> None:
    page = answer(200, b'{"data": [1], "meta": {"next": 12345678901234567890123}}')
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 1}, page))
    assert result.pages is not None
    assert result.pages.next_arguments == {"cursor": "12345678901234567890123"}


@pytest.mark.parametrize("items", [[2], []])
def test_a_page_that_leads_to_itself_ends_the_list(situation: Situate, recipes: Recipes, items: list[int]) -> None:
    result = succeeded(listed(situation, recipes, CURSOR, cursor_page([1], "same"), cursor_page(items, "same")))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.stopped, result.pages.more) == ([1, *items], "LOOP", False)


def test_an_upstream_that_ignores_the_number_does_not_fill_the_answer(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(listed(situation, recipes, PAGE, told({"items": [1, 2]})))
    assert result.pages is not None
    assert (value_of(result)["items"], result.pages.stopped, len(recipes.requests)) == ([1, 2], "LOOP", 2)


@pytest.mark.parametrize(
    "broken",
    [
        told({}, status=500),
        told({}, status=429),
        answer(200, b"<html>"),
        answer(200, b'{"data": 3}'),
        [b"nonsense\r\n\r\n"],
        [head(200, "Content-Length: 900"), b'{"data": ['],
    ],
    ids=["500", "429", "html", "no array", "no HTTP", "cut off"],
)
def test_what_came_before_a_page_that_fails_is_kept(situation: Situate, recipes: Recipes, broken: Answer) -> None:
    result = succeeded(listed(situation, recipes, CURSOR, cursor_page([1], "a"), cursor_page([2], "b"), broken))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.stopped, result.pages.more) == ([1, 2], "FAILED", True)
    assert (result.pages.next_arguments, "page 3" in result.for_model) == ({"cursor": "b"}, True)


def test_a_page_that_hangs_leaves_time_to_tell_of_the_others(situation: Situate, recipes: Recipes) -> None:
    settings = {"limits": {"attempt_timeout": 2}}
    result = succeeded(listed(situation, recipes, CURSOR, cursor_page([1], "a"), [head(200), HANG], settings=settings))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.stopped) == ([1], "TIME")


def test_pages_that_are_too_large_together_end_before_that(situation: Situate, recipes: Recipes) -> None:
    """A tool that must hold its answers to their schema keeps none as an artifact."""
    pages = [told({"data": [letter * 400], "meta": {"next": letter}}) for letter in "abcdef"]
    settings = {"limits": {"response_bytes": 1000}, "strict_responses": True}
    result = succeeded(listed(situation, recipes, CURSOR, *pages, settings=settings))
    assert result.pages is not None
    assert (result.pages.fetched, result.pages.stopped, result.pages.next_arguments) == (2, "TOO_LARGE", {"cursor": "b"})
    assert len(result.body) <= 1000


def test_a_first_page_that_fails_fails_the_call(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(listed(situation, recipes, CURSOR, told({"why": 1}, status=404)))
    assert (outcome.http_status, outcome.result and outcome.result.pages) == (404, None)


@pytest.mark.parametrize("body", [b'{"rows": [1]}', b"<html>", b"[1]", b""])
def test_an_answer_that_is_no_page_is_given_as_it_is(situation: Situate, recipes: Recipes, body: bytes) -> None:
    result = succeeded(listed(situation, recipes, CURSOR, answer(200, body)))
    assert (result.body, result.pages and result.pages.stopped) == (body, "NOT_PAGED")


def test_a_cursor_goes_into_the_body(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("POST", "/ask", told({"results": [1], "next_cursor": "c"}), told({"results": [2], "next_cursor": "d"}))
    body = {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}
    wanted = {
        "kind": "cursor", "items": "/results", "next": "/next_cursor", "argument": "/body/start_cursor", "pages": 2
    }  # fmt: skip
    made = situation(
        {"/ask": operation("post", requestBody=body)}, manifest={"defaults": {"effect": "READ", "pagination": wanted}}
    )
    result = succeeded(made.call("ask", {"body": {"filter": {"a": [1, "}"]}}}))
    sent = [json.loads(one.raw.partition(b"\r\n\r\n")[2]) for one in recipes.received("POST", "/ask")]
    assert sent == [{"filter": {"a": [1, "}"]}}, {"filter": {"a": [1, "}"]}, "start_cursor": "c"}]
    assert result.pages is not None
    assert result.pages.next_arguments == {"body": {"filter": {"a": [1, "}"]}, "start_cursor": "d"}}


def test_ten_pages_and_more_go_through_the_broker(situation: Situate, recipes: Recipes) -> None:
    pages = [cursor_page([n], n + 1) for n in range(50)]
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 50}, *pages))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.stopped) == (list(range(50)), "")


@pytest.mark.parametrize(
    ("change", "method", "cure"),
    [
        ({"argument": "nope"}, "get", "cursor"),
        ({"argument": "/body/x"}, "get", "no JSON body"),
        ({"next": ""}, "get", "`next`"),
        ({}, "post", "READ"),
        ({"kind": "link"}, "get", "takes no `argument`"),
    ],
)
def test_what_cannot_be_fetched_is_a_fault_of_the_import(
    situation: Situate, recipes: Recipes, change: Json, method: str, cure: str
) -> None:
    made = situation(
        {"/ask": operation(method, parameters=PARAMETERS)},
        manifest={"defaults": {"pagination": CURSOR | change}},
        faults=True,
    )
    assert cure in made.report.faults[0].message


def test_as_many_bytes_as_an_answer_may_have_fit_into_a_box(situation: Situate, recipes: Recipes) -> None:
    pages = [cursor_page([n] * 700_000, n) for n in range(10, 16)]
    settings = {"limits": {"response_bytes": 8388608}}
    result = succeeded(listed(situation, recipes, CURSOR | {"pages": 50}, *pages, settings=settings, secret=SECRET))
    assert result.pages is not None
    assert (result.pages.fetched, result.pages.stopped) == (2, "TOO_LARGE")


def test_a_list_whose_request_has_sent_a_file_ends_with_its_first_page(situation: Situate, recipes: Recipes) -> None:
    """Its bytes have passed through the box: a second request would announce a body that never comes."""
    recipes.tell("POST", "/ask", cursor_page([1], "b"), cursor_page([2], None))
    body = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    settings = {"pagination": CURSOR, "effect": "READ"}
    search = operation("post", parameters=PARAMETERS, requestBody=body)
    made = situation({"/ask": search}, manifest={"defaults": settings})
    stored = made.house.client.artifacts.put(b"what is searched for")
    result = succeeded(made.call("ask", {"body": stored.argument}))
    assert result.pages is not None
    assert (value_of(result)["data"], result.pages.stopped, result.pages.next_arguments) == ([1], "FAILED", {"cursor": "b"})
    assert len(recipes.requests) == 1

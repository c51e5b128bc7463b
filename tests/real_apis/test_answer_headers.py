"""What an answer says beside its body: headers, and where to look for what was made or begun."""

import json

import pytest

from callgate import Client, Mode, Recording, RetryPolicy
from callgate.keys import new_key
from tests.e2e.house import House
from tests.e2e.leaks import leaks

from .asking import SECRET, asked, failed, operation, succeeded
from .conftest import Situate
from .recipes import Recipes, answer


def test_what_was_begun_says_where_to_look_and_when(situation: Situate, recipes: Recipes) -> None:
    told = answer(202, b"", "Location: /jobs/7", "Retry-After: 5", media_type="")
    result = succeeded(asked(situation, recipes, told, method="post"))
    assert (result.http_status, result.body) == (202, b"")
    assert result.links["location"] == f"{recipes.url}/jobs/7"
    assert result.headers["Retry-After"] == "5"


def test_what_was_made_says_where_it_lies(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(asked(situation, recipes, answer(201, b"{}", "Location: things/7?v=2"), method="post"))
    assert result.links == {"location": f"{recipes.url}/things/7?v=2"}


def test_an_operation_s_location_stands_beside_that_of_its_result(situation: Situate, recipes: Recipes) -> None:
    told = answer(202, b"{}", "Operation-Location: https://poll.example/1", "Location: /2", "Link: <?page=2>; rel=next")
    result = succeeded(asked(situation, recipes, told, method="post"))
    assert result.links == {
        "operation-location": "https://poll.example/1",
        "location": f"{recipes.url}/2",
        "next": f"{recipes.url}/ask?page=2",
    }


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('ETag: "7"', '"7"'),
        ("X-Total-Count: 120", "120"),
        ("X-RateLimit-Remaining: 9", "9"),
        ("X-Request-Id: abc-1", "abc-1"),
        ("Content-Disposition: attachment; filename=a.csv", "attachment; filename=a.csv"),
        ("Sunset: Sat, 31 Dec 2030 23:59:59 GMT", "Sat, 31 Dec 2030 23:59:59 GMT"),
    ],
    ids=lambda part: part.partition(":")[0],
)
def test_a_header_of_the_answer_reaches_its_caller(situation: Situate, recipes: Recipes, line: str, value: str) -> None:
    result = succeeded(asked(situation, recipes, answer(200, b"{}", line)))
    assert result.headers[line.partition(":")[0]] == value


def test_what_is_of_a_connection_or_a_cookie_jar_does_not(situation: Situate, recipes: Recipes) -> None:
    told = answer(200, b"{}", "Set-Cookie: a=b", "Connection: close, X-Hop", "X-Hop: 1", "Keep-Alive: timeout=5")
    assert list(succeeded(asked(situation, recipes, told)).headers) == ["content-type"]


def test_headers_of_one_name_are_joined(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(asked(situation, recipes, answer(200, b"{}", "Warning: one", "Warning: two")))
    assert result.headers["warning"] == "one, two"


def test_a_failure_s_headers_say_why(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(asked(situation, recipes, answer(401, b"{}", 'WWW-Authenticate: Bearer error="invalid_token"')))
    assert outcome.result is not None
    assert outcome.result.headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("echo", [SECRET, "s3cr3t%2Fcanary%2b0123", "s3cr3t\\/canary\\u002B0123"])
def test_a_header_has_no_secret_in_it(situation: Situate, recipes: Recipes, echo: str) -> None:
    told = answer(200, b"{}", f"X-Seen: Bearer {echo}", f"Location: /keys?key={echo}", f"X-{echo.encode().hex()}: 1")
    called = asked(situation, recipes, told, secret=SECRET)
    assert (
        leaks([SECRET], {"answer": json.dumps([dict(succeeded(called).headers), dict(succeeded(called).links)]).encode()}) == []
    )
    assert succeeded(called).headers["x-seen"].endswith("[REDACTED]")


@pytest.mark.parametrize("name", ["Link", "Location", "X-Long"])
def test_a_header_of_64_kb_costs_nothing_but_itself(situation: Situate, recipes: Recipes, name: str) -> None:
    long = f"{name}: <https://api.example/{'a' * 64 * 1024}>; rel=next"
    result = succeeded(asked(situation, recipes, answer(200, b'{"a": 1}', long, "ETag: 7")))
    assert (result.body, result.headers["etag"]) == (b'{"a": 1}', "7")
    assert (name in result.headers, result.links, result.headers_left_out) == (False, {}, 1)


def test_headers_without_number_are_bounded_and_counted(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(asked(situation, recipes, answer(200, b"{}", *(f"X-{n:03}: {n}" for n in range(500)))))
    assert len(result.headers) + result.headers_left_out == 501
    assert len(result.headers) <= 64


def test_a_repeated_call_is_answered_with_the_same_headers_from_its_record(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    recipes.tell("POST", "/ask", answer(202, b"{}", "Location: /jobs/7", "X-Request-Id: 1"))
    made, key = situation({"/ask": operation("post")}), new_key()
    first, again = (made.call("ask", key=key) for _ in range(2))
    assert (first.from_record, again.from_record, len(recipes.requests)) == (False, True, 1)
    assert dict(succeeded(again).headers) == dict(succeeded(first).headers)
    assert succeeded(again).links == succeeded(first).links


def test_a_replayed_call_has_the_recorded_headers(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/ask", answer(200, b"{}", "X-Total-Count: 120"))
    made = situation({"/ask": operation()})
    found = []
    for mode in (Mode.RECORD, Mode.REPLAY_STRICT):
        with Client(
            house.address, token=house.state.token.read_text(), retry=RetryPolicy(), recording=Recording("headers", mode)
        ) as client:
            found.append(succeeded(client.call(made.name("ask"), {})))
    assert len(recipes.requests) == 1
    assert [one.headers["X-Total-Count"] for one in found] == ["120", "120"]

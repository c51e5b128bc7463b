"""What a redirected request takes along: its body, the key by which it is known again, and each of several secrets."""

import gzip
from typing import Any

import pytest

from callgate import Invocation
from tests.e2e.leaks import leaks

from .asking import SECRET, asked, failed, named, operation, succeeded
from .conftest import Json, Situate
from .recipes import Recipes, answer


def test_a_key_by_which_the_upstream_knows_a_call_again_goes_along(
    situation: Situate, recipes: Recipes, elsewhere: Recipes
) -> None:
    """The call may be repeated for that key's sake: without it, the host that acts would act twice."""
    manifest = named(elsewhere, upstream_key={"header": "Idempotency-Key"})
    told = answer(307, b"", f"Location: {elsewhere.url}/there")
    called = asked(situation, recipes, told, method="post", manifest=manifest, secret=SECRET)
    assert called.json() == {"there": True}
    assert elsewhere.requests[0].headers["idempotency-key"] == recipes.requests[0].headers["idempotency-key"]
    assert "authorization" not in elsewhere.requests[0].headers


def test_a_large_body_goes_along_as_often_as_redirects_are_followed(situation: Situate, recipes: Recipes) -> None:
    said = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    hops = [answer(307, b"", f"Location: /ask?{n}") for n in range(5)]
    body = {"text": "x" * 1_000_000}
    called = asked(situation, recipes, *hops, answer(200, b"[5]"), method="post", said=said, arguments={"body": body})
    assert called.json() == [5]
    assert {len(one.raw.partition(b"\r\n\r\n")[2]) for one in recipes.requests} == {1_000_011}


def test_a_loop_with_a_large_body_is_known_as_that(situation: Situate, recipes: Recipes) -> None:
    said = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    called = asked(
        situation, recipes, answer(307, b"", "Location: /ask"), method="post", said=said,
        arguments={"body": {"text": "x" * 1_000_000}},
    )  # fmt: skip
    assert (failed(called).http_status, len(recipes.requests)) == (307, 6)
    assert "redirected 5 times" in failed(called).message


AS_SENT, LOOSE, LOWER = "s3cr3t%2Fcanary%2B0123", "s3cr3t/canary%2B0123", "s3cr3t%2fcanary%2b0123"


@pytest.mark.parametrize(
    "target", [f"/new?key={AS_SENT}", f"/new?key={LOOSE}", f"/new?key={LOWER}", f"/new?a=b&key={AS_SENT}#x", "/new", "/new?"]
)
def test_a_secret_in_the_query_is_there_once(situation: Situate, recipes: Recipes, target: str) -> None:
    """However the upstream writes the one that it has received."""
    recipes.tell("GET", "/ask", answer(302, b"", f"Location: {target}"))
    recipes.tell("GET", "/new", answer(200, b"[1]"))
    made = situation(
        {"/ask": operation()},
        components={"securitySchemes": {"q": {"type": "apiKey", "in": "query", "name": "key"}}},
        security=[{"q": []}],
        manifest={"credentials": {"q": {"path": "secret/data/in-the-query", "field": "k"}}},
    )
    made.house.store(made.report, {"secret/data/in-the-query": {"k": SECRET}})
    called = made.call("ask")
    assert called.json() == [1]
    assert recipes.requests[1].path.count("key=") == 1
    assert leaks([SECRET], {"record": repr(made.house.client.invocations.get(called.id)).encode()}) == []


SCHEMES: Json = {
    "a": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "c": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "q": {"type": "apiKey", "in": "query", "name": "key"},
    "b": {"type": "http", "scheme": "basic"},
}
WHERE = "secret/data/of-redirects"
VALUES = {"a": "first-secret-of-all", "c": "second.secret.of.all", "q": "third/secret/of/all", "b": "ada:fourth secret of all"}


def with_four(situation: Situate, recipes: Recipes, manifest: Json, *answers: Any) -> Invocation:
    recipes.tell("GET", "/ask", *answers)
    made = situation(
        {"/ask": operation()},
        components={"securitySchemes": SCHEMES},
        security=[dict.fromkeys(SCHEMES, ())],
        manifest={"credentials": {name: {"path": WHERE, "field": name} for name in SCHEMES}, **manifest},
    )
    made.house.store(made.report, {WHERE: VALUES})
    return made.call("ask")


ALONE = [*VALUES.values(), "fourth secret of all"]


def test_of_four_secrets_none_goes_elsewhere_and_what_comes_from_there_has_none(
    situation: Situate, recipes: Recipes, elsewhere: Recipes
) -> None:
    echo = gzip.compress(f'["{VALUES["a"]}", "{VALUES["c"]}", "fourth secret of all"]'.encode())
    elsewhere.tell("GET", "/echo", answer(200, echo, "Content-Encoding: gzip", f"X-Seen: {VALUES['q']}"))
    manifest = named(elsewhere, headers={"X-Tenant": "acme", "Accept": "text/csv"})
    called = with_four(situation, recipes, manifest, answer(302, b"", f"Location: {elsewhere.url}/echo"))
    assert called.json() == ["[REDACTED]"] * 3
    assert succeeded(called).headers["x-seen"] == "[REDACTED]"
    (request,) = elsewhere.requests
    assert leaks(ALONE, {"request": request.raw, "answer": repr(called).encode()}) == []
    assert set(request.headers) <= {"host", "accept", "accept-encoding", "user-agent", "connection", "traceparent"}
    assert request.headers["accept"] == "text/csv"


@pytest.mark.parametrize("name", VALUES)
def test_no_one_of_four_secrets_goes_elsewhere_in_a_location(
    situation: Situate, recipes: Recipes, elsewhere: Recipes, name: str
) -> None:
    told = answer(302, b"", f"Location: {elsewhere.url}/there?back={VALUES[name].replace(' ', '%20')}")
    outcome = failed(with_four(situation, recipes, named(elsewhere), told))
    assert (elsewhere.requests, "carry the secret" in outcome.message) == ([], True)
    assert leaks(ALONE, {"outcome": repr(outcome).encode()}) == []


def test_within_the_origin_all_four_go_along(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/new", answer(200, b"[1]"))
    assert with_four(situation, recipes, {}, answer(302, b"", "Location: /new")).json() == [1]
    first, second = recipes.requests
    for name in ("x-key", "cookie", "authorization"):
        assert first.headers[name] == second.headers[name]
    assert second.path == "/new?key=third%2Fsecret%2Fof%2Fall"

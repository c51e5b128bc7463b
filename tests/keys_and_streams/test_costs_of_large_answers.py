"""What is counted where a call gets more than it tells: the pages of a list, and JSON that is an artifact."""

import json
from typing import Any

import pytest

from callgate import Cost, Invocation
from tests.real_apis.asking import SECRET, asked, operation, succeeded
from tests.real_apis.conftest import Json, Situate
from tests.real_apis.recipes import HANG, Answer, Recipes, answer, head

PAGES: Json = {"kind": "cursor", "items": "/data", "next": "/next", "argument": "cursor"}
PARAMETERS = [{"name": "cursor", "in": "query", "schema": {"type": "string"}}]
COST: Json = {"pointer": ["/usage/tokens", "/tokens"], "price": 0.5}
LACKING = ("tokens",)


def page(number: int, following: Any, **more: Any) -> Answer:
    return answer(200, json.dumps({"data": [number], "next": following} | more).encode())


def used(number: int, following: Any, tokens: Any = 10) -> Answer:
    return page(number, following, usage={"tokens": tokens})


def listed(situation: Situate, recipes: Recipes, *pages: Answer, cost: Any = COST, **settings: Any) -> Invocation:
    recipes.tell("GET", "/ask", *pages)
    defaults = {"pagination": PAGES, "cost": cost, **settings}
    return situation({"/ask": operation(parameters=PARAMETERS)}, manifest={"defaults": defaults}).call("ask")


CASES: dict[str, tuple[list[Answer], Cost]] = {
    "each page": ([used(1, "a"), used(2, "b", 20), used(3, None, 3)], Cost(16.5, {"tokens": 33})),
    "each at its own place": ([used(1, "a"), page(2, None, tokens=4)], Cost(7.0, {"tokens": 14})),
    "a page that lacks it": ([used(1, "a"), page(2, "b"), used(3, None)], Cost(10.0, {"tokens": 20}, LACKING)),
    "no page that has it": ([page(1, "a"), page(2, None)], Cost(0.0, {}, LACKING)),
    "a page that fails": ([used(1, "a"), answer(500)], Cost(5.0, {"tokens": 10}, LACKING)),
    "a page that is none": ([used(1, "a"), answer(200, b'{"usage": {"tokens": 2}}')], Cost(6.0, {"tokens": 12})),
    "a page that breaks off": ([used(1, "a"), [head(200, "Content-Length: 99"), b"{"]], Cost(5.0, {"tokens": 10}, LACKING)),
    "items of a page before": ([used(1, "a"), used(1, "b")], Cost(10.0, {"tokens": 20})),
    "one that is no page": ([answer(200, b'{"tokens": 2}')], Cost(1.0, {"tokens": 2})),
    "a sum that no number can tell": ([used(1, "a", 1e308), used(2, None, 1e308)], Cost(5e307, {"tokens": 1e308}, LACKING)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_list_costs_what_all_of_its_pages_say(situation: Situate, recipes: Recipes, case: tuple[list[Answer], Cost]) -> None:
    pages, wanted = case
    invocation = listed(situation, recipes, *pages)
    succeeded(invocation)
    assert invocation.cost == wanted


def test_pages_that_are_an_artifact_are_counted(situation: Situate, recipes: Recipes) -> None:
    pages = [
        page(number, str(number) if number < 5 else None, usage={"tokens": 7}, data=[str(number) * 900]) for number in range(6)
    ]
    invocation = listed(situation, recipes, *pages, limits={"response_bytes": 1000})
    assert succeeded(invocation).artifact is not None
    assert invocation.cost == Cost(21.0, {"tokens": 42})


def large(inside: bytes, usage: bytes = b'{"tokens": 7}') -> bytes:
    return b'{"data": [' + inside + b'], "usage": ' + usage + b"}"


def told_large(situation: Situate, recipes: Recipes, given: Answer, **options: Any) -> Invocation:
    defaults = {"cost": COST, "limits": {"response_bytes": 1000}, **options.pop("settings", {})}
    return asked(situation, recipes, given, method="post", manifest={"defaults": defaults}, **options)


FLOATS = b",".join(b"[%s]" % b",".join([b"-0.0123456789"] * 1536) for _ in range(150))
LARGE: dict[str, tuple[bytes, Cost]] = {
    "floats": (large(FLOATS), Cost(3.5, {"tokens": 7})),
    "a long text": (large(b'"%s"' % (b'x\\"}' * 300_000)), Cost(3.5, {"tokens": 7})),
    "before all else": (b'{"usage": {"tokens": 7}, "data": "%s"}' % (b"x" * 3_000_000), Cost(3.5, {"tokens": 7})),
    "no number": (large(b"0," * 2000 + b"0", b"{}"), Cost(0.0, {}, LACKING)),
    "no JSON": (b"<html>" + large(b"0," * 2000 + b"0"), Cost(0.0, {}, LACKING)),
    "without its end": (large(b"0," * 2000 + b"0")[:-1], Cost(0.0, {}, LACKING)),
}


@pytest.mark.parametrize("case", LARGE.values(), ids=LARGE.keys())
@pytest.mark.parametrize("secret", ["", SECRET], ids=["open", "with a secret"])
def test_json_that_is_an_artifact_costs_what_it_says(
    situation: Situate, recipes: Recipes, case: tuple[bytes, Cost], secret: str
) -> None:
    body, wanted = case
    invocation = told_large(situation, recipes, answer(200, body), **({"secret": secret} if secret else {}))
    assert succeeded(invocation).artifact is not None
    assert invocation.cost == wanted


def test_a_number_that_holds_the_secret_is_not_counted(situation: Situate, recipes: Recipes) -> None:
    digits = "7391846205512"
    body = large(b"0," * 2000 + b"0", b'{"tokens": %s}' % digits.encode())
    assert told_large(situation, recipes, answer(200, body), secret=digits).cost == Cost(0.0, {}, LACKING)


def test_what_breaks_off_tells_that_its_number_is_missing(situation: Situate, recipes: Recipes) -> None:
    limits = {"response_bytes": 1000, "attempt_timeout": 2.0, "timeout": 8.0}
    told = [head(200, "Content-Type: application/json"), large(b"0," * 2000 + b"0")[:-1], HANG]
    invocation = told_large(situation, recipes, told, settings={"limits": limits})
    assert invocation.cost == Cost(0.0, {}, LACKING), invocation.outcome


@pytest.mark.parametrize(("items", "wanted"), [(200, Cost(3.5, {"tokens": 7})), (2000, Cost(0.0, {}, LACKING))])
def test_behind_a_projection_what_is_too_large_tells_that_its_number_is_missing(
    situation: Situate, recipes: Recipes, items: int, wanted: Cost
) -> None:
    view = {"projection": "length(data)"}
    invocation = told_large(situation, recipes, answer(200, large(b"0," * items + b"0")), settings={"view": view})
    assert invocation.cost == wanted, invocation.outcome


FIRST, FILLING = {"usage": {"tokens": 7}}, {"delta": "x" * 4000}
STREAMS = {"text/event-stream": b"data: %s\n\n", "application/x-ndjson": b"%s\n"}


@pytest.mark.parametrize("fillings", [20, 100, 600])
@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken off"])
@pytest.mark.parametrize("kind", STREAMS)
def test_what_the_first_event_of_a_large_stream_says_is_counted(
    situation: Situate, recipes: Recipes, kind: str, broken: bool, fillings: int
) -> None:
    parts = [STREAMS[kind] % json.dumps(one).encode() for one in (FIRST, *[FILLING] * fillings)]
    length = sum(map(len, parts)) + (9 if broken else 0)
    told = [head(200, f"Content-Type: {kind}", f"Content-Length: {length}"), b"".join(parts)]
    assert told_large(situation, recipes, told).cost == Cost(3.5, {"tokens": 7})

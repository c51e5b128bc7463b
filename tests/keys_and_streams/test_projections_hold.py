"""A projection holds: of an answer that it cannot be made of, no caller and no model sees anything."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from callgate import Client, Cost, FaultCode, Invocation, LimitExceeded, Mode, Recording, RetryPolicy, TimedOut
from callgate.keys import new_key
from tests.e2e.house import House
from tests.real_apis.asking import asked, failed, operation, succeeded
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import HANG, Answer, Recipes, answer
from tests.real_apis.test_text_answers import ran

from .streaming import LINES, SSE
from .test_wholes import files

VIEW: Json = {"projection": "items[].{id: id}"}
HIDDEN = "hidden-from-callers"
JSON = b'{"items": [{"id": 1, "hidden": "%s"}]}' % HIDDEN.encode()
DEEP = b"[" * 5000 + b'"%s"' % HIDDEN.encode() + b"]" * 5000

UNSEEN: Mapping[str, tuple[Answer, str]] = {
    "JSON that says it is HTML": (answer(200, JSON, media_type="text/html"), "text/html"),
    "JSON that says it is text": (answer(200, JSON, media_type="text/plain; charset=utf-8"), "text/plain"),
    "JSON that says it is bytes": (answer(200, JSON, media_type="application/octet-stream"), "octet-stream"),
    "no type": (answer(200, JSON, media_type=""), "without a Content-Type"),
    "a trailing comma": (answer(200, JSON[:-1] + b",}"), "no JSON"),
    "no UTF-8": (answer(200, JSON[:-3] + b', "a": "\xff"}]}'), "no UTF-8"),
    "two values": (answer(200, JSON + JSON), "no JSON"),
    "NaN": (answer(200, JSON[:-1] + b', "a": NaN}'), "NaN"),
    "a comment": (answer(200, b"// a\n" + JSON), "no JSON"),
    "half a character": (answer(200, JSON.replace(b'"id": 1', rb'"id": "\ud83d"')), "surrogates"),
    "too deep": (answer(200, DEEP), "nested too deep"),
    "HTML": (answer(200, b"<html>%s</html>" % HIDDEN.encode()), "no JSON"),
    "events": ([SSE, b"data: " + JSON + b"\n\n"], "a stream"),
    "lines": ([LINES, JSON + b"\n" + JSON + b"\n"], "a stream"),
    "JSON of a stream's type": (answer(200, JSON, media_type="application/json-seq"), "a stream"),
}


def called(situation: Situate, recipes: Recipes, told: Answer, view: Json = VIEW, **options: Any) -> Invocation:
    settings = {"view": view, **options.pop("settings", {})}
    return asked(situation, recipes, told, manifest={"defaults": settings}, **options)


def nothing_seen(invocation: Invocation) -> None:
    """The words of the outcome, too."""
    result = getattr(invocation.outcome, "result", None)
    assert result is None or (result.body, result.artifact) == (b"", None)
    assert HIDDEN not in f"{invocation.outcome} {result.for_model if result else ''}"


@pytest.mark.parametrize("size", [{}, {"bytes": 256}], ids=["whole", "cut"])
@pytest.mark.parametrize("case", UNSEEN.values(), ids=UNSEEN.keys())
def test_what_no_projection_is_made_of_is_not_shown(
    situation: Situate, recipes: Recipes, house: House, case: tuple[Answer, str], size: Json
) -> None:
    told, why = case
    before = files(house)
    invocation = called(situation, recipes, told, VIEW | size)
    outcome = failed(invocation)
    assert (outcome.fault, outcome.http_status, outcome.effect_possible) == (FaultCode.VIEW_FAILED, 200, False)
    assert (why in outcome.message, VIEW["projection"] in outcome.message) == (True, True), outcome.message
    nothing_seen(invocation)
    nothing_seen(house.client.invocations.get(invocation.id))
    assert files(house) == before


@pytest.mark.parametrize("case", ["JSON that says it is HTML", "events", "no UTF-8"])
def test_what_acted_has_acted_and_is_not_asked_for_again(situation: Situate, recipes: Recipes, house: House, case: str) -> None:
    recipes.tell("POST", "/ask", UNSEEN[case][0])
    made, key = situation({"/ask": operation("post")}, manifest={"defaults": {"view": VIEW}}), new_key()
    first, again = (made.call("ask", key=key) for _ in range(2))
    outcome = failed(first)
    assert (outcome.fault, outcome.http_status, outcome.effect_possible) == (FaultCode.VIEW_FAILED, 200, True)
    assert ("do not call again" in outcome.message, "call anew" in outcome.message) == (True, False)
    assert (again.from_record, again.outcome, len(recipes.received("POST", "/ask"))) == (True, first.outcome, 1)
    assert not first.under_review


def test_nothing_of_it_is_in_a_recording(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/ask", UNSEEN["events"][0])
    made = situation({"/ask": operation()}, manifest={"defaults": {"view": VIEW}})
    found = []
    for mode in (Mode.RECORD, Mode.REPLAY_STRICT):
        token, recording = house.state.token.read_text(), Recording("unseen", mode)
        with Client(house.address, token=token, retry=RetryPolicy(), recording=recording) as client:
            found.append(client.call(made.name("ask"), {}))
    assert found[0].outcome == found[1].outcome
    nothing_seen(found[1])


def streamed(situation: Situate, recipes: Recipes, *parts: bytes, **limits: Any) -> Invocation:
    limits = {"response_bytes": 5000, "attempt_timeout": 2.0, "timeout": 8.0, **limits}
    return called(situation, recipes, [SSE, *parts], settings={"limits": limits})


def test_what_came_of_a_stream_that_hangs_is_not_shown(situation: Situate, recipes: Recipes) -> None:
    invocation = streamed(situation, recipes, b"data: " + JSON + b"\n\n", HANG)
    assert isinstance(invocation.outcome, TimedOut), invocation.outcome
    assert "is not shown" in invocation.outcome.message
    nothing_seen(invocation)


def test_what_came_of_a_stream_that_is_too_large_is_not_shown(situation: Situate, recipes: Recipes, house: House) -> None:
    before = files(house)
    invocation = streamed(situation, recipes, *([b"data: " + JSON + b"\n\n"] * 200))
    assert isinstance(invocation.outcome, LimitExceeded), invocation.outcome
    nothing_seen(invocation)
    assert files(house) == before


def test_its_events_are_not_told(situation: Situate, recipes: Recipes, house: House) -> None:
    recipes.tell("GET", "/ask", UNSEEN["events"][0])
    made = situation({"/ask": operation()}, manifest={"defaults": {"view": VIEW}})
    told = list(house.client.stream(made.name("ask")))
    assert [(event.left_out, event.data) for event in told] == [(True, b"")], "the mark that there were some, and no more"


def test_an_answer_that_must_fit_its_schema_and_does_not_is_shown_by_its_projection(
    situation: Situate, recipes: Recipes
) -> None:
    schema = {"type": "object", "required": ["total"]}
    said = {"responses": {"200": {"description": "x", "content": {"application/json": {"schema": schema}}}}}
    outcome = failed(called(situation, recipes, answer(200, JSON), settings={"strict_responses": True}, said=said))
    assert outcome.fault is FaultCode.ANSWER_MALFORMED
    assert outcome.result is not None
    assert json.loads(outcome.result.body) == [{"id": 1}]


def test_it_costs_what_its_answer_says(situation: Situate, recipes: Recipes) -> None:
    cost = {"pointer": "/usage/n", "price": 2}
    told = answer(200, b'{"usage": {"n": 3}}')
    invocation = called(situation, recipes, told, {"projection": "length(nope)"}, settings={"cost": cost})
    assert (failed(invocation).fault, invocation.cost) == (FaultCode.VIEW_FAILED, Cost(6.0, {"n": 3}))


def test_what_has_no_body_has_nothing_to_hide(situation: Situate, recipes: Recipes) -> None:
    assert succeeded(called(situation, recipes, answer(200, b"", media_type="text/html"))).body == b""


def made_with(situation: Situate, recipes: Recipes, projection: str, told: Answer) -> Situation:
    recipes.tell("GET", "/ask", told)
    return situation({"/ask": operation()}, manifest={"defaults": {"view": {"projection": projection}}})


@pytest.mark.parametrize("media_type", ["application/json", "text/html"])
def test_the_command_line_names_the_projection_and_a_cure_without_an_empty_line(
    situation: Situate, recipes: Recipes, house: House, media_type: str
) -> None:
    made = made_with(situation, recipes, "length(nope)", answer(200, JSON, media_type=media_type))
    done = ran(house, "call", made.name("ask"))
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (1, b"")
    assert all(line.strip() for line in lines), lines
    assert ("length(nope)" in done.stderr.decode(), "callgate toolset apply" in done.stderr.decode()) == (True, True)

"""What a view, a list's pages and a stream have beyond the bounds of what is told: one artifact has all of it."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from callgate import Invocation, LimitExceeded, Result, TimedOut
from tests.e2e.house import House
from tests.real_apis.asking import SECRET, asked, operation, succeeded
from tests.real_apis.conftest import Json, Situate
from tests.real_apis.recipes import HANG, Answer, Recipes, answer

from .streaming import SSE, Streaming, data, ended

ROWS = {"rows": [{"n": n, "text": "x" * 40} for n in range(100)], "next": "cursor"}
PAGES: Json = {"kind": "cursor", "items": "/data", "next": "/next", "argument": "cursor"}
PARAMETERS = [{"name": "cursor", "in": "query", "schema": {"type": "string"}}]


def told(value: Any) -> Answer:
    return answer(200, json.dumps(value).encode())


def seen(situation: Situate, recipes: Recipes, view: Json, given: Answer) -> Result:
    return succeeded(asked(situation, recipes, given, manifest={"defaults": {"view": view}}))


def listed(situation: Situate, recipes: Recipes, *pages: Answer, **settings: Any) -> Invocation:
    recipes.tell("GET", "/ask", *pages)
    defaults = {"pagination": PAGES, "limits": {"response_bytes": 1000}, **settings}
    return situation({"/ask": operation(parameters=PARAMETERS)}, manifest={"defaults": defaults}).call("ask")


def letters(most: str) -> list[Answer]:
    """One page for each letter, of 400 bytes."""
    return [told({"data": [letter * 400], "next": letter if letter != most[-1] else None}) for letter in most]


def files(house: House) -> set[Path]:
    return {path for path in house.state.artifacts.rglob("*") if path.is_file()}


def whole(house: House, result: Result) -> bytes:
    assert result.artifact is not None
    read = b"".join(house.client.artifacts.read(result.artifact))
    assert (len(read), sha256(read).hexdigest()) == (result.artifact.size, result.artifact.sha256)
    return read


def test_what_a_views_size_cuts_is_in_an_artifact_and_the_model_sees_where(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    result = seen(situation, recipes, {"bytes": 500}, told(ROWS))
    assert result.shown is not None
    assert result.artifact is not None
    assert (json.loads(whole(house, result)), len(result.body) <= 500) == (ROWS, True)
    assert f"{result.shown.items_left_out} items" in result.for_model
    assert result.artifact.id in result.for_model


def test_the_artifact_of_a_projection_has_no_more_than_that_shows(situation: Situate, recipes: Recipes, house: House) -> None:
    result = seen(situation, recipes, {"projection": "rows[].n", "bytes": 256}, told(ROWS))
    assert json.loads(whole(house, result)) == list(range(100))


def test_a_text_that_a_view_cuts_is_there_as_a_whole(situation: Situate, recipes: Recipes, house: House) -> None:
    body = b"a line\n" * 1000
    result = seen(situation, recipes, {"bytes": 300}, answer(200, body, media_type="text/plain"))
    assert (whole(house, result), len(result.body) <= 300) == (body, True)


def test_a_view_that_cuts_nothing_leaves_no_artifact(situation: Situate, recipes: Recipes, house: House) -> None:
    before = files(house)
    assert seen(situation, recipes, {"projection": "rows[].n", "bytes": 5000}, told(ROWS)).artifact is None
    assert files(house) == before


def test_an_answer_over_the_tools_bound_is_one_artifact_behind_a_view_too(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    before, body = files(house), b"a line\n" * 300_000
    result = seen(situation, recipes, {"bytes": 300}, answer(200, body, media_type="text/plain"))
    assert result.shown is not None
    assert (whole(house, result), len(result.body) <= 300) == (body, True)
    assert (result.shown.whole_bytes, len(files(house) - before)) == (len(body), 2)


def test_what_a_projection_hides_is_in_no_artifact(situation: Situate, recipes: Recipes, house: House) -> None:
    before, large = files(house), told({"secret": "x" * (2 << 20), "n": 1})
    called = asked(situation, recipes, large, manifest={"defaults": {"view": {"projection": "n"}}})
    assert isinstance(called.outcome, LimitExceeded), called.outcome
    assert files(house) == before


def test_a_full_store_costs_the_rest_and_not_the_answer(situation: Situate, recipes: Recipes, house: House) -> None:
    (house.state.artifacts).mkdir(exist_ok=True)
    store = house.state.artifacts
    away = store.rename(store.with_name("away"))
    try:
        store.write_text("no directory")
        result = seen(situation, recipes, {"bytes": 500}, told(ROWS))
    finally:
        store.unlink()
        away.rename(store)
    assert (result.artifact, json.loads(result.body)["next"]) == (None, "cursor")
    assert "What is left out is not kept" in result.for_model


def test_a_list_of_pages_beyond_the_bound_is_one_artifact_with_all_items(
    situation: Situate, recipes: Recipes, house: House
) -> None:
    result = succeeded(listed(situation, recipes, *letters("abcdef")))
    assert result.pages is not None
    assert json.loads(whole(house, result))["data"] == [letter * 400 for letter in "abcdef"]
    assert (result.pages.fetched, result.pages.stopped, result.pages.more) == (6, "", False)


def test_a_stream_beyond_the_bound_is_an_artifact_and_each_event_is_told(streaming: Streaming, house: House) -> None:
    parts = [b"data: %0500d\n\n" % number for number in range(20)]
    made = streaming.told([SSE, *parts], manifest={"defaults": {"limits": {"response_bytes": 5000}}}, secret=SECRET)
    stream = house.client.stream(made.name("ask"))
    events = list(stream)
    result = succeeded(ended(stream))
    assert made.report.faults == ()
    assert data(events) == [b"%0500d" % number for number in range(20)]
    assert whole(house, result) == b"".join(parts)
    assert len(result.body) < 5000


def test_the_events_of_a_viewed_stream_are_those_that_it_shows(streaming: Streaming, house: House) -> None:
    parts = [b"data: %0100d\n\n" % number for number in range(20)]
    made = streaming.told([SSE, *parts], manifest={"defaults": {"view": {"bytes": 256}}})
    stream = house.client.stream(made.name("ask"))
    events = list(stream)
    result = succeeded(ended(stream))
    assert [(event.data, event.left_out) for event in events] == [(b"%0100d" % 0, False), (b"%0100d" % 1, False), (b"", True)]
    assert whole(house, result) == b"".join(parts)


def test_what_came_of_a_stream_beyond_the_bound_is_kept_where_it_hangs(streaming: Streaming, house: House) -> None:
    parts = [b"data: %0500d\n\n" % number for number in range(20)]
    limits = {"response_bytes": 5000, "attempt_timeout": 2.0, "timeout": 8.0}
    made = streaming.told([SSE, *parts, HANG], manifest={"defaults": {"limits": limits}})
    outcome = made.call("ask").outcome
    assert isinstance(outcome, TimedOut), outcome
    assert outcome.result is not None
    assert whole(house, outcome.result) == b"".join(parts)


def test_a_stream_beyond_the_bound_has_cost_what_its_last_event_says(streaming: Streaming, house: House) -> None:
    parts = [b"data: %0500d\n\n" % number for number in range(200)]
    cost = {"pointer": "/usage/total_tokens", "price": 0.5}
    manifest = {"defaults": {"limits": {"response_bytes": 5000}, "cost": cost}}
    made = streaming.told([SSE, *parts, b'data: {"usage": {"total_tokens": 7}}\n\n'], manifest=manifest)
    invocation = made.call("ask")
    assert succeeded(invocation).artifact is not None
    assert invocation.cost is not None
    assert (invocation.cost.amount, invocation.cost.missing) == (3.5, ())


def test_what_a_call_costs_is_read_where_its_view_does_not_show_it(situation: Situate, recipes: Recipes) -> None:
    cost, view = {"pointer": "/usage/total_tokens", "price": 0.5}, {"projection": "text"}
    given = told({"text": "tea", "usage": {"total_tokens": 7}})
    invocation = asked(situation, recipes, given, manifest={"defaults": {"cost": cost, "view": view}})
    assert invocation.cost is not None
    assert (json.loads(succeeded(invocation).body), invocation.cost.amount) == ("tea", 3.5)

"""Views: what a manifest shows of an answer, and what a caller is told of the rest."""

import json
from typing import Any

import pytest

from callgate import Client, Invocation, Mode, Recording, RetryPolicy
from callgate.errors import CallgateError
from callgate.keys import new_key
from tests.e2e.house import House
from tests.real_apis.asking import failed, operation, succeeded
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import Answer, Recipes, answer

SECRET = "s3cr3t/canary+0123"
ITEMS = {"total": 2, "items": [{"id": 1, "title": "a", "body": "x" * 50}, {"id": 2, "title": "b", "body": "y" * 50}]}
TITLES = "items[].title"


def told(value: Any, status: int = 200) -> Answer:
    return answer(status, json.dumps(value).encode())


def with_view(
    situation: Situate, recipes: Recipes, view: Json, *answers: Answer, method: str = "get", **options: Any
) -> Situation:
    recipes.tell(method.upper(), "/ask", *answers)
    settings = {"view": view, **options.pop("settings", {})}
    return situation({"/ask": operation(method, **options.pop("said", {}))}, manifest={"defaults": settings}, **options)


def seen(situation: Situate, recipes: Recipes, view: Json, *answers: Answer, **options: Any) -> Invocation:
    return with_view(situation, recipes, view, *answers, **options).call("ask")


def test_a_projection_takes_the_place_of_the_answer(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(seen(situation, recipes, {"projection": TITLES}, told(ITEMS)))
    assert (json.loads(result.body), result.content_type) == (["a", "b"], "application/json")
    assert result.shown is not None
    assert (result.shown.projection, result.shown.whole_bytes) == (TITLES, len(json.dumps(ITEMS)))
    assert result.for_model.endswith(f"[The view '{TITLES}' has made this of an answer of {result.shown.whole_bytes} bytes.]")


def test_a_tool_without_a_view_shows_all(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/ask", told(ITEMS))
    result = succeeded(situation({"/ask": operation()}).call("ask"))
    assert (json.loads(result.body), result.shown, result.for_model) == (ITEMS, None, result.text)


@pytest.mark.parametrize("projection", ["nope", "items[9]", "{a: nope, b: [nope, no]}"])
def test_a_view_that_matches_nothing_says_so(situation: Situate, recipes: Recipes, projection: str) -> None:
    result = succeeded(seen(situation, recipes, {"projection": projection}, told(ITEMS)))
    assert result.shown is not None
    assert (result.shown.matched_nothing, "has found nothing in" in result.for_model) == (True, True)


def test_a_list_is_cut_between_its_items_and_what_is_small_stays(situation: Situate, recipes: Recipes) -> None:
    whole = {"rows": [{"n": n, "text": "x" * 40} for n in range(100)], "next": "cursor"}
    result = succeeded(seen(situation, recipes, {"bytes": 500}, told(whole)))
    part = json.loads(result.body)
    assert (part["next"], part["rows"]) == ("cursor", whole["rows"][: len(part["rows"])])
    assert result.shown is not None
    assert result.shown.items_left_out == 100 - len(part["rows"])
    assert (len(result.body) <= 500, result.shown.bytes_left_out > 4000) == (True, True)
    assert f"{result.shown.items_left_out} items among them" in result.for_model


def test_what_a_projection_makes_is_cut_too(situation: Situate, recipes: Recipes) -> None:
    view = {"projection": "rows[].n", "bytes": 256}
    result = succeeded(seen(situation, recipes, view, told({"rows": [{"n": n} for n in range(1000)]})))
    assert json.loads(result.body) == list(range(len(json.loads(result.body))))
    assert result.shown is not None
    assert result.shown.items_left_out == 1000 - len(json.loads(result.body))


def test_an_answer_within_the_size_is_left_as_it_came(situation: Situate, recipes: Recipes) -> None:
    result = succeeded(seen(situation, recipes, {"bytes": 5000}, answer(200, b'{ "a" :1.0}')))
    assert (result.body, result.shown) == (b'{ "a" :1.0}', None)


def test_a_text_is_cut_between_its_lines(situation: Situate, recipes: Recipes) -> None:
    text = "".join(f"line {n} ä\n" for n in range(200)).encode()
    result = succeeded(seen(situation, recipes, {"bytes": 300}, answer(200, text, media_type="text/plain; charset=utf-8")))
    assert (text.startswith(result.body), result.body[-1:]) == (True, b"\n")
    assert result.shown is not None
    assert result.shown.bytes_left_out == len(text) - len(result.body)


def test_what_an_upstream_says_of_a_failure_is_not_projected(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(seen(situation, recipes, {"projection": TITLES}, told({"error": "no"}, 404)))
    assert outcome.result is not None
    assert (json.loads(outcome.result.body), outcome.result.shown) == ({"error": "no"}, None)


@pytest.mark.parametrize(
    "projection",
    [
        "length(nope)",
        "|".join(["[@, @]"] * 60),
        "items[].{a: items, b: body}" + "".join(" | [@, @, @, @, @, @, @, @]" for _ in range(30)),
    ],
    ids=["no such type", "2 to the 60", "8 to the 30"],
)
def test_a_view_that_cannot_be_made_is_a_typed_failure_and_shows_nothing(
    situation: Situate, recipes: Recipes, house: House, projection: str
) -> None:
    made = with_view(situation, recipes, {"projection": projection}, told(ITEMS))
    outcome = failed(made.call("ask"))
    assert (outcome.fault, outcome.http_status, outcome.effect_possible) == ("VIEW_FAILED", 200, False)
    assert outcome.result is not None
    assert outcome.result.body == b""


def test_a_hostile_expression_over_ten_megabytes_holds_up_nothing(situation: Situate, recipes: Recipes, house: House) -> None:
    large = told({"items": [{"id": n, "title": "t" * 60} for n in range(80_000)]})
    view = {"projection": "items[?length(items[?id > `0`]) > `1`] | [@, @, @] | [].[@, @, @][].[@, @][].[@, @]"}
    slow = "items[].[@, @, @, @][].[@, @, @, @][].[@, @, @, @][].[@, @, @, @][].id"
    settings = {"limits": {"response_bytes": 8388608}}
    outcomes = [seen(situation, recipes, one, large, settings=settings).outcome for one in (view, {"projection": slow})]
    assert getattr(outcomes[1], "fault", "") == "VIEW_FAILED"
    result = succeeded(seen(situation, recipes, {"projection": "items[0].id"}, large, settings=settings))
    assert result.body == b"0"


def test_what_acted_has_acted_though_its_view_fails(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(seen(situation, recipes, {"projection": "length(nope)"}, told({}), method="post"))
    assert (outcome.fault, outcome.effect_possible) == ("VIEW_FAILED", True)


def test_the_record_and_a_recording_give_what_the_caller_got(situation: Situate, recipes: Recipes, house: House) -> None:
    made, key = with_view(situation, recipes, {"projection": TITLES, "bytes": 256}, told(ITEMS), method="post"), new_key()
    first, again = (made.call("ask", key=key) for _ in range(2))
    assert (again.from_record, succeeded(again)) == (True, succeeded(first))
    found = []
    for mode in (Mode.RECORD, Mode.REPLAY_STRICT):
        with Client(
            house.address, token=house.state.token.read_text(), retry=RetryPolicy(), recording=Recording("views", mode)
        ) as client:
            found.append(succeeded(client.call(made.name("ask"), {})))
    assert found[0] == found[1] == succeeded(first)


def test_no_view_shows_a_secret(situation: Situate, recipes: Recipes) -> None:
    view = {"projection": "{a: key, b: join('', [half, rest])}"}
    echoed = {"key": SECRET, "half": f"x{SECRET}", "rest": ""}
    result = succeeded(seen(situation, recipes, view, told(echoed), secret=SECRET))
    assert json.loads(result.body) == {"a": "[REDACTED]", "b": "x[REDACTED]"}


SCHEMA = {"200": {"description": "x", "content": {"application/json": {"schema": {"type": "object", "required": ["total"]}}}}}


def test_no_schema_is_told_of_what_a_projection_makes(situation: Situate, recipes: Recipes, house: House) -> None:
    made = with_view(situation, recipes, {"projection": TITLES}, told(ITEMS), said={"responses": SCHEMA})
    assert house.client.tools.get(made.name("ask")).output_schema is None
    assert succeeded(made.call("ask")).matches_schema is None


def test_the_whole_answer_is_held_against_its_schema(situation: Situate, recipes: Recipes, house: House) -> None:
    settings = {"strict_responses": True}
    said = {"responses": SCHEMA}
    outcome = failed(seen(situation, recipes, {"projection": TITLES}, told({"items": []}), settings=settings, said=said))
    assert outcome.fault == "ANSWER_MALFORMED"


def test_a_view_makes_another_version(situation: Situate, recipes: Recipes, house: House) -> None:
    digests = set()
    for view in (None, {"projection": TITLES}, {"bytes": 300}, {"projection": TITLES, "bytes": 300}):
        made = situation({"/ask": operation()}, manifest={"defaults": {"view": view}})
        digests.add(house.client.tools.get(made.name("ask")).digest)
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("projection", "said"),
    [
        ("items[", "no JMESPath expression"),
        ("lenght(items)", "none of abs"),
        ("length(a, b)", "takes 1"),
        ("[" * 1500, "nested too deep"),
    ],
)
def test_a_projection_that_is_none_is_refused_where_it_stands(
    situation: Situate, recipes: Recipes, projection: str, said: str
) -> None:
    with pytest.raises(CallgateError, match="/defaults/view/projection") as refused:
        with_view(situation, recipes, {"projection": projection}, told(ITEMS))
    assert said in str(refused.value)

"""What a call has cost: by its manifest, and by what its answer says was used."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from callgate import Cost
from callgate.errors import CallgateError
from tests.e2e.house import House
from tests.real_apis.conftest import Json
from tests.real_apis.recipes import Answer, Recipes, answer

from .streaming import LINES, SHORT, SSE, Streaming

TOTAL: Json = {"pointer": "/usage/total_tokens", "price": 0.5}
TWO: list[Any] = [{"pointer": "/usage/input_tokens", "price": 0.5}, {"pointer": "/usage/output_tokens", "price": 2}]


def used(**counts: Any) -> bytes:
    return json.dumps({"usage": counts}).encode()


def events(*data: bytes) -> Answer:
    return [SSE, *(b"data: " + one + b"\n\n" for one in data)]


CASES: Mapping[str, tuple[Any, Answer, Cost]] = {
    "a number": (0.25, answer(200), Cost(0.25)),
    "a number of a failure": (0.25, answer(500), Cost(0.25)),
    "what the answer says": (TOTAL, answer(200, used(total_tokens=10)), Cost(5.0, {"total_tokens": 10})),
    "two of them": (
        TWO,
        answer(200, used(input_tokens=10, output_tokens=1)),
        Cost(7.0, {"input_tokens": 10, "output_tokens": 1}),
    ),
    "a number beside them": ([1, TOTAL], answer(200, used(total_tokens=2)), Cost(2.0, {"total_tokens": 2})),
    "two of one name": (
        [{"pointer": "/usage/n", "price": 1}, {"pointer": "/other/n", "price": 2}],
        answer(200, b'{"usage": {"n": 3}, "other": {"n": 4}}'),
        Cost(11.0, {"/usage/n": 3, "/other/n": 4}),
    ),
    "the place that is there": (
        {"pointer": ["/usage/prompt_tokens", "/usage/input_tokens"], "price": 1},
        answer(200, used(input_tokens=3)),
        Cost(3.0, {"prompt_tokens": 3}),
    ),
    "none in the answer": (TOTAL, answer(200, b"{}"), Cost(0.0, {}, ("total_tokens",))),
    "a text in the place": (TOTAL, answer(200, used(total_tokens="10")), Cost(0.0, {}, ("total_tokens",))),
    "less than nothing": (TOTAL, answer(200, used(total_tokens=-10)), Cost(0.0, {}, ("total_tokens",))),
    "more than a number can tell": (
        TOTAL | {"price": 10},
        answer(200, used(total_tokens=1e308)),
        Cost(0.0, {}, ("total_tokens",)),
    ),
    "more than a number can tell, together": (
        TWO,
        answer(200, used(input_tokens=1.7e308, output_tokens=8e307)),
        Cost(8.5e307, {"input_tokens": 1.7e308}, ("output_tokens",)),
    ),
    "more than a number can tell, beside others": (
        [1, {"pointer": "/usage/a", "price": 10}, {"pointer": "/usage/b", "price": 2}],
        answer(200, used(a=1e308, b=3)),
        Cost(7.0, {"b": 3}, ("a",)),
    ),
    "no number that is": (TOTAL, answer(200, b'{"usage": {"total_tokens": 1e400}}'), Cost(0.0, {}, ("total_tokens",))),
    "no JSON": (TOTAL, answer(200, b"<html>", media_type="text/html"), Cost(0.0, {}, ("total_tokens",))),
    "a number beside many": (
        TOTAL,
        answer(200, b'{"x": [' + b"1," * 250_000 + b'1], "usage": {"total_tokens": 2}}'),
        Cost(1.0, {"total_tokens": 2}),
    ),
    "a number that is written in another way": (
        TOTAL,
        answer(200, b'{"us\\u0061ge": {"total_tokens": 2e0}}'),
        Cost(1.0, {"total_tokens": 2}),
    ),
    "two values": (TOTAL, answer(200, used(total_tokens=1) * 2), Cost(0.0, {}, ("total_tokens",))),
    "the last event that has it": (
        TOTAL,
        events(used(total_tokens=1), b'{"usage": null}', used(total_tokens=4), b'{"delta": "total_tokens"}', b"[DONE]"),
        Cost(2.0, {"total_tokens": 4}),
    ),
    "the last line that has it": (
        TOTAL,
        [LINES, used(total_tokens=1) + b"\n" + used(total_tokens=6)],
        Cost(3.0, {"total_tokens": 6}),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_call_costs_what_its_manifest_and_its_answer_say(
    streaming: Streaming, house: House, case: tuple[Any, Answer, Cost]
) -> None:
    cost, told, wanted = case
    called = streaming.told(told, manifest={"defaults": {"cost": cost}}).call("ask")
    assert called.cost == wanted
    assert house.client.invocations.get(called.id).cost == wanted


def test_what_came_of_a_stream_before_its_time_was_over_is_counted(streaming: Streaming) -> None:
    manifest = {"defaults": {**SHORT["defaults"], "cost": TWO}}
    told = [*events(used(input_tokens=4)), b""]
    assert streaming.told(told, manifest=manifest).call("ask").cost == Cost(2.0, {"input_tokens": 4}, ("output_tokens",))


def test_what_was_not_sent_and_what_a_cache_answers_costs_nothing(streaming: Streaming, recipes: Recipes, house: House) -> None:
    manifest = {"defaults": {"cost": TOTAL, "cache_seconds": 60}}
    made = streaming.told(answer(200, used(total_tokens=2)), method="get", manifest=manifest)
    assert [made.call("ask").cost for _ in range(2)] == [Cost(1.0, {"total_tokens": 2}), None]
    refused = streaming.told(answer(200), server="http://127.0.0.1:9", manifest={"defaults": {"cost": 1}}).call("ask")
    assert refused.cost is None


def test_a_call_of_a_tool_without_a_cost_has_none(streaming: Streaming) -> None:
    assert streaming.told(answer(200, used(total_tokens=2))).call("ask").cost is None


MISTAKES = {
    "no price": {"pointer": "/usage"},
    "no pointer": {"price": 1},
    "a pointer that is none": {"pointer": "usage", "price": 1},
    "the whole answer": {"pointer": "", "price": 1},
    "less than nothing": {"pointer": "/usage", "price": -1},
    "without an end": {"pointer": "/usage", "price": float("inf")},
    "without an end, for each call": float("inf"),
    "a word that is none": {"pointer": "/usage", "price": 1, "prize": 1},
    "none at all": [],
}


@pytest.mark.parametrize("cost", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_cost_that_means_nothing_is_refused_with_its_place(streaming: Streaming, cost: Any) -> None:
    with pytest.raises(CallgateError, match=r"manifest, .*cost"):
        streaming.told(answer(200), manifest={"defaults": {"cost": cost}})

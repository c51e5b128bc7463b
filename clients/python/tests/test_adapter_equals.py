"""Equal calls of a message, where a framework does not say which of them it makes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from callgate.adapters import ModelCall
from callgate.adapters.equals import Equals

TEA, ROPE = ModelCall("", "order", {"item": "tea"}), ModelCall("", "order", {"item": "rope"})
MESSAGE = [TEA, ROPE, ModelCall("", "order", '{"item":"tea"}')]


def test_equal_calls_take_turns_and_a_message_that_is_made_again_takes_those_of_before() -> None:
    equals = Equals()
    for _ in range(3):
        assert sorted(equals.occurrence(TEA, MESSAGE, "7") for _ in range(2)) == [0, 1]
        assert equals.occurrence(ROPE, MESSAGE, "7") == 0


def test_a_call_that_is_made_once_more_takes_a_turn_that_was_taken() -> None:
    equals = Equals()
    assert {equals.occurrence(TEA, MESSAGE, "7") for _ in range(5)} == {0, 1}
    assert {equals.occurrence(ROPE, MESSAGE, "7") for _ in range(5)} == {0}


def test_each_place_has_turns_of_its_own() -> None:
    equals = Equals()
    assert [equals.occurrence(TEA, MESSAGE, place) for place in ("7", "8", "7")] == [0, 0, 1]


@pytest.mark.parametrize(
    "call",
    [ModelCall("", "order", {"item": "soap"}), ModelCall("", "price", {"item": "tea"}), ModelCall("", "order", "{")],
    ids=["other arguments", "another tool", "no arguments"],
)
def test_a_call_that_the_message_has_not_is_the_first_of_its_kind(call: ModelCall) -> None:
    equals = Equals()
    assert [equals.occurrence(call, [*MESSAGE, ModelCall("", "order", "[")], "7") for _ in range(2)] == [0, 0]


def test_threads_share_the_turns() -> None:
    equals = Equals()
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: equals.occurrence(TEA, [TEA] * 8, "7"), range(8)))
    assert sorted(taken) == list(range(8))

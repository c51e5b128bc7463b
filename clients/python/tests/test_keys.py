"""The keys of a run's calls are the same after a resume, and no two calls' keys are."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from callgate import Client, errors, occurrences
from callgate.canonical import canonical
from callgate.keys import new_key, run_key, wire_key
from clients.python.tests.canonical_forms import FORMS

ORDER = {"body": {"item": "lamp", "quantity": 1}}


def key_of(run: str = "thread-7", tool: str = "create_order", arguments: dict[str, Any] = ORDER, **place: Any) -> str:
    return run_key(run, tool, arguments, **{"step": 3, **place})


@pytest.mark.parametrize(("value", "form"), FORMS, ids=lambda part: ascii(part)[:40])
def test_a_value_has_its_canonical_form(value: object, form: str) -> None:
    assert canonical(value) == form


def test_an_integer_beyond_every_double_has_no_form() -> None:
    with pytest.raises(ValueError, match="larger than"):
        canonical(10**400)


def test_a_key_is_the_same_in_another_process_and_for_arguments_written_otherwise() -> None:
    said = "from callgate.keys import run_key; print(run_key('r', 't', {'b': 1.0, 'a': (2,)}, step='3'))"
    elsewhere = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True).stdout.strip()
    assert elsewhere == run_key("r", "t", {"a": [2], "b": 1}, step=3)
    # The rule never changes: a resume may come with a later release.
    assert elsewhere == "run1-5a82e95241f4b0f7cef2ef10c0b5ccb9a0c8a7965344d7265b55c1677fa5cbdc"


@pytest.mark.parametrize(
    "other",
    [
        key_of(run="thread-8"),
        key_of(tool="create_orders"),
        key_of(arguments={"body": {"item": "lamp", "quantity": 2}}),
        key_of(arguments={}),
        key_of(step=4),
        key_of(occurrence=1),
        key_of(call_id="call_1"),
        key_of(once=True),
        # Parts that are said one after the other mean something else where the border between them moves.
        key_of(run="thread-73", step=""[:0] or "0"),
        key_of(run='thread-7","3', step="x"),
    ],
)
def test_another_part_makes_another_key(other: str) -> None:
    assert other != key_of()


def test_a_pinned_call_has_one_key_whatever_its_arguments() -> None:
    assert key_of(once=True) == key_of(once=True, arguments={})
    assert key_of(once=True) != key_of(once=True, step=4)
    assert key_of(once=True) != key_of(once=True, tool="refund")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: key_of(run=""),
        lambda: key_of(tool=""),
        lambda: key_of(step=""),
        lambda: key_of(call_id=""),
        lambda: key_of(occurrence=-1),
        lambda: key_of(occurrence="0"),
        lambda: wire_key(""),
        lambda: wire_key(None),  # type: ignore[arg-type]
    ],
)
def test_a_part_that_is_empty_or_senseless_is_refused(wrong: Callable[[], str]) -> None:
    with pytest.raises(errors.RequestInvalid) as refused:
        wrong()
    assert refused.value.cure


@pytest.mark.parametrize("arguments", [{"x": float("nan")}, {"x": "\ud800"}, {"x": object()}, {"x": 10**400}])
def test_arguments_that_cannot_be_sent_have_no_key(arguments: dict[str, Any]) -> None:
    with pytest.raises(errors.ArgumentsInvalid):
        key_of(arguments=arguments)


def test_arguments_nested_too_deep_have_no_key() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    with pytest.raises(errors.ArgumentsInvalid):
        key_of(arguments=deep)


def test_occurrences_count_equal_calls_and_no_others() -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("a", {"x": 1}),
        ("b", {"x": 1}),
        ("a", {"x": 1.0}),
        ("a", {"x": 2}),
        ("a", {"x": 1}),
    ]
    assert occurrences(calls) == [0, 0, 1, 0, 2]


@pytest.mark.parametrize("key", ["x" * 16, "x" * 255, new_key(), "order-of-the-14th-step", key_of()])
def test_a_key_that_the_gateway_takes_is_sent_as_it_is(key: str) -> None:
    assert wire_key(key) == key


@pytest.mark.parametrize(
    "key", ["x", "x" * 15, "x" * 256, "x" * 1_000_000, "order of the 14th step", "ключ-для-заказа-номер-7", "\ud800"]
)
def test_any_other_key_is_hashed_always_to_the_same(key: str) -> None:
    hashed = wire_key(key)
    assert hashed == wire_key(key) == wire_key(hashed)
    assert hashed != wire_key(key + "x")
    assert len(hashed) < 256


def test_the_clients_hash_a_key_and_send_what_the_run_says(client: Client, gateway: Any) -> None:
    client.call("create_order", ORDER, key="14")
    run = client.run("thread-7")
    run.call("create_order", ORDER, step=3, occurrence=1, timeout=5)
    by_key, by_run = gateway.requests
    assert by_key.idempotency_key == wire_key("14")
    assert by_run.idempotency_key == key_of(occurrence=1) == run.key("create_order", ORDER, step=3, occurrence=1)
    assert (by_run.run_id, by_run.tool, json.loads(by_run.args_json)) == ("thread-7", "create_order", ORDER)
    assert by_run.timeout.seconds == 5


def test_a_call_without_arguments_is_one_with_none_and_has_its_key(client: Client, gateway: Any) -> None:
    client.call("list_orders", key="14")
    run = client.run("thread-7")
    run.call("list_orders", step=3)
    by_key, by_run = gateway.requests
    assert json.loads(by_key.args_json) == json.loads(by_run.args_json) == {}
    assert by_run.idempotency_key == run.key("list_orders", step=3) == run.key("list_orders", {}, step=3)


def test_an_empty_key_is_refused_and_no_random_one_takes_its_place(client: Client, gateway: Any) -> None:
    for refused in (
        lambda: client.call("create_order", ORDER, key=""),
        lambda: client.invocations.find(""),
        lambda: client.run(""),
        lambda: client.run("r").call("create_order", ORDER, step=""),
    ):
        with pytest.raises(errors.RequestInvalid):
            refused()
    assert gateway.requests == []


def test_find_answers_the_invocation_or_none(client: Client, gateway: Any) -> None:
    gateway.known[wire_key("14")] = "inv-14"
    gateway.known[key_of()] = "inv-15"
    found, of_run = client.invocations.find("14"), client.run("thread-7").find("create_order", ORDER, step=3)
    assert (found and found.id, of_run and of_run.id) == ("inv-14", "inv-15")
    assert client.invocations.find("15") is None
    assert client.run("thread-7").find("create_order", ORDER, step=4) is None


def test_a_call_says_where_in_its_run_it_was_made(client: Client, gateway: Any) -> None:
    run = client.run("thread-7")
    for step, occurrence in ((3, 1), ("a" * 300, 0), ("two\nlines", 2**40)):
        run.call("create_order", ORDER, step=step, occurrence=occurrence)
    told = [(request.step, request.occurrence) for request in gateway.requests]
    assert told[0] == ("3", 1)
    assert all(len(step) <= 255 and step.isprintable() for step, _ in told)
    assert len({step for step, _ in told}) == 3
    assert told[2][1] == 2**32 - 1

"""The three tools that stand for all others: what they answer, which calls they make, and by which keys."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from callgate import Client, Effect, errors
from callgate.adapters import Answer, ModelCall, Offer, Place, Standing, Toolbox, Turns
from callgate.adapters.equals import Equals
from callgate.anthropic import MessageTools
from callgate.gemini import ContentTools
from callgate.openai import ChatTools, ResponseTools
from callgate.testing import FakeGateway

TEA = {"item": "tea"}
ORDER_TEA = {"name": "order", "arguments": TEA}


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def order(item: str, note: str = "none") -> dict[str, str]:
            """Order an item."""
            return {"ordered": item, "note": note}

        @gateway.tool(effect=Effect.READ, toolset="prices")
        def price(item: str) -> int:
            """Read the price of an item."""
            return 3

        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


class Three:
    """The three tools of a toolbox, each called in a place of its own unless one is given."""

    def __init__(self, client: Client, toolset: str | None = None, *, name: str | None = None, **options: Any) -> None:
        self.toolbox = Toolbox(client, search=True, **options)
        self.offers = {one.name: one for one in self.toolbox.offers(toolset, name=name)}
        self.steps = iter(range(1, 100))

    def ask(self, tool: str, arguments: dict[str, Any], place: Place | None = None) -> Answer:
        return self.toolbox.call(self.offers[tool], arguments, place or Place("a", next(self.steps)))


def executions(gateway: FakeGateway) -> list[int]:
    return [one.executions for one in gateway.calls]


def test_a_model_is_shown_three_tools_however_many_there_are(client: Client) -> None:
    offers = Toolbox(client, search=True).offers()
    assert [one.name for one in offers] == ["search_tools", "describe_tool", "call_tool"]
    assert [one.hints.read_only for one in offers] == [True, True, False]
    assert not any(one.strict for one in offers)


def test_an_agent_finds_describes_and_calls_a_tool(gateway: FakeGateway, client: Client) -> None:
    three = Three(client)
    (found,) = three.ask("search_tools", {"query": "order an apple", "limit": 1}).structured
    assert found == {
        "name": "order",
        "description": "Order an item.",
        "effect": "NON_IDEMPOTENT",
        "arguments": ["item (required)", "note"],
    }
    described = three.ask("describe_tool", {"name": found["name"]}).structured
    assert described["arguments"] == client.tools.get("order").input_schema
    assert executions(gateway) == []
    assert three.ask("call_tool", ORDER_TEA).structured == {"ordered": "tea", "note": "none"}
    assert executions(gateway) == [1]


def test_a_call_has_the_key_that_a_call_of_the_tool_itself_has_in_its_place(gateway: FakeGateway, client: Client) -> None:
    direct, three = Toolbox(client), Three(client)
    (order,) = direct.offers(name="order")
    place = Place("task", 3, occurrence=1)
    first = three.ask("call_tool", ORDER_TEA, place)
    again = direct.call(order, TEA, place)
    assert (first.invocation_id, executions(gateway)) == (again.invocation_id, [1])
    assert gateway.calls[0].idempotency_key == client.run("task").key("order", TEA, step=3, occurrence=1)


@pytest.mark.parametrize("given", [{"item": "tea"}, '{"item":"tea"}', ' {"item": "tea"} '])
def test_arguments_may_be_an_object_or_its_text_and_are_the_same_call(gateway: FakeGateway, client: Client, given: Any) -> None:
    three = Three(client)
    place = Place("task", 1)
    three.ask("call_tool", ORDER_TEA, place)
    three.ask("call_tool", {"name": "order", "arguments": given}, place)
    assert executions(gateway) == [1]


def test_equal_inner_calls_of_a_message_are_told_apart_however_they_are_written() -> None:
    calls = [
        ModelCall("a", "call_tool", ORDER_TEA),
        ModelCall("b", "call_tool", {"name": "order", "arguments": '{"item": "tea"}'}),
        ModelCall("c", "call_tool", json.dumps(ORDER_TEA)),
        ModelCall("d", "call_tool", {"name": "price", "arguments": TEA}),
        ModelCall("e", "search_tools", {"query": "order"}),
    ]
    turns, equals = Turns("task"), Equals()
    turns.heard(calls)
    assert [turns.place(id).occurrence for id in "abcde"] == [0, 1, 2, 0, 0]
    assert sorted(equals.occurrence(one, calls, "7") for one in calls[:3]) == [0, 1, 2]


def test_what_is_no_call_of_a_tool_is_told_and_calls_nothing(gateway: FakeGateway, client: Client) -> None:
    three = Three(client)
    for wrong, words in (
        ({}, "`name`"),
        ({"name": 7}, "`name`"),
        ({"name": "order@1.0.0", "arguments": TEA}, "`name`"),
        ({"name": "nothing", "arguments": {}}, "search_tools"),
        ({"name": "order", "arguments": "{"}, "cannot be read"),
        ({"name": "order", "arguments": [TEA]}, "they are no object"),
        ({"name": "order", "arguments": "[" * 100_000}, "cannot be read"),
        ({"name": "order", "arguments": '{"item": 1e999}'}, "do not fit"),
        ({"name": "order", "arguments": {"items": "tea"}}, "do not fit"),
    ):
        answer = three.ask("call_tool", wrong)
        assert (answer.standing, words in answer.text, answer.may_repeat) == (Standing.REFUSED, True, True), (wrong, answer)
    assert executions(gateway) == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_tools", {}),
        ("search_tools", {"query": " "}),
        ("search_tools", {"query": "x" * 1001}),
        ("search_tools", {"query": "order", "limit": 51}),
        ("search_tools", {"query": "order", "limit": "3"}),
        ("describe_tool", {}),
        ("describe_tool", {"name": "a b"}),
        ("describe_tool", {"name": "nothing"}),
    ],
)
def test_a_question_that_cannot_be_asked_is_told(client: Client, tool: str, arguments: dict[str, Any]) -> None:
    answer = Three(client).ask(tool, arguments)
    assert (answer.standing, answer.may_repeat) == (Standing.REFUSED, True)


def test_a_search_that_finds_nothing_says_what_to_do(client: Client) -> None:
    answer = Three(client).ask("search_tools", {"query": "weather"})
    assert (answer.standing, answer.structured) == (Standing.SUCCEEDED, [])
    assert "other words" in answer.text


def test_a_scope_is_kept_by_all_three(gateway: FakeGateway, client: Client) -> None:
    for three in (Three(client, "prices"), Three(client, name="pr*")):
        found = three.ask("search_tools", {"query": "an item"}).structured
        assert [one["name"] for one in found] == ["price"]
        assert three.ask("describe_tool", {"name": "order"}).standing is Standing.REFUSED
        assert three.ask("call_tool", ORDER_TEA).standing is Standing.REFUSED
        assert three.ask("call_tool", {"name": "price", "arguments": TEA}).structured == 3
    assert {one.tool.name for one in gateway.calls} == {"price"}


def test_a_gateway_that_is_away_is_no_call_of_unknown_end_for_a_search(gateway: FakeGateway, client: Client) -> None:
    three = Three(client)
    gateway.refuse(errors.StoreUnavailable("down"), times=1_000)
    for tool, arguments in (("search_tools", {"query": "order"}), ("describe_tool", {"name": "order"})):
        answer = three.ask(tool, arguments)
        assert (answer.standing, answer.may_repeat) == (Standing.FAILED, True)
        assert "no harm" in answer.text


def test_a_long_description_is_cut_and_told_to_be(gateway: FakeGateway, client: Client) -> None:
    def long(item: str) -> None: ...

    long.__doc__ = "Long. " * 1_000
    gateway.tool(long)
    (found,) = Three(client).ask("search_tools", {"query": "long", "limit": 1}).structured
    assert "left out" in found["description"]
    assert len(Three(client, shown=200).ask("describe_tool", {"name": "long"}).text) < 300


async def test_both_ways_to_wait_answer_the_same(gateway: FakeGateway, client: Client) -> None:
    async with gateway.async_client() as awaited:
        toolbox = Toolbox(awaited, search=True)
        search, _, call = await toolbox.offers_async()
        found = await toolbox.call_async(search, {"query": "order"}, Place("a", 1))
        assert [one["name"] for one in found.structured] == ["order"]
        assert (await toolbox.call_async(call, ORDER_TEA, Place("a", 2))).structured["ordered"] == "tea"


def test_arguments_are_shown_as_a_text_where_a_framework_shows_no_open_object(client: Client) -> None:
    def kind(offers: list[Offer]) -> str:
        return str(offers[2].schema["properties"]["arguments"]["type"])

    assert kind(Toolbox(client, search=True).offers()) == "object"
    assert kind(Toolbox(client, search=True, arguments_as_text=True).offers()) == "string"


async def test_each_provider_is_offered_the_three(gateway: FakeGateway, client: Client) -> None:
    call = json.dumps(ORDER_TEA)
    chat = {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "call_tool", "arguments": call}}]}
    response = [{"type": "function_call", "call_id": "1", "name": "call_tool", "arguments": call}]
    message = [{"type": "tool_use", "id": "1", "name": "call_tool", "input": ORDER_TEA}]
    content = {"parts": [{"function_call": {"id": "1", "name": "call_tool", "args": ORDER_TEA}}]}
    for kind, said in ((ChatTools, chat), (ResponseTools, response), (MessageTools, message), (ContentTools, content)):
        tools = kind.load(client, search=True)
        assert "search_tools" in json.dumps(tools.schemas)
        assert "ordered" in json.dumps(tools.answers(said, run="task", step=1))
        assert "ordered" in json.dumps(await tools.answers_async(said, run="task", step=1))
    assert executions(gateway) == [1]

"""Which calls an adapter makes: of which place, of which form of a schema, for which tools, by which kind of client."""

from collections.abc import Iterator
from typing import Any

import pytest

from callgate import Client, Effect, RetryPolicy, errors
from callgate.adapters import CallUnsettled, ModelCall, Place, Toolbox, Turns, run_name
from callgate.anthropic import MessageTools
from callgate.gemini import ContentTools
from callgate.openai import ChatTools, ResponseTools
from callgate.testing import FakeGateway

TEA = {"item": "tea"}


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def order(item: str, note: str = "none") -> dict[str, str]:
            """Order an item."""
            return {"ordered": item, "note": note}

        @gateway.tool(effect=Effect.READ, toolset="prices")
        def price(item: str) -> int:
            return 3

        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


def executions(gateway: FakeGateway) -> list[int]:
    return [one.executions for one in gateway.calls]


def test_the_same_place_is_one_call_and_each_other_place_another(gateway: FakeGateway, client: Client) -> None:
    toolbox = Toolbox(client)
    order, _ = toolbox.offers()
    places = [Place("a", 1), Place("a", 2), Place("b", 1), Place("a", 1, occurrence=1), Place("a", 1, call_id="x")]
    for _ in range(2):
        assert {toolbox.call(order, TEA, place).structured["ordered"] for place in places} == {"tea"}
    assert executions(gateway) == [1] * len(places)


def test_offers_are_of_a_toolset_and_of_a_pattern(client: Client) -> None:
    assert [one.name for one in Toolbox(client).offers()] == ["order", "price"]
    assert [one.name for one in Toolbox(client).offers("prices")] == ["price"]
    assert [one.name for one in Toolbox(client).offers(name="or*")] == ["order"]


async def test_both_kinds_of_client_are_waited_for(gateway: FakeGateway, client: Client) -> None:
    async with gateway.async_client() as awaited:
        for toolbox in (Toolbox(client), Toolbox(awaited)):
            order, _ = await toolbox.offers_async()
            assert (await toolbox.call_async(order, TEA, Place("a", 1))).structured["ordered"] == "tea"
        with pytest.raises(errors.RequestInvalid, match="AsyncClient"):
            Toolbox(awaited).offers()
    assert executions(gateway) == [1]


@pytest.mark.parametrize("given", ["", "x" * 256, "line\nbreak", 7, "thread-7"])
def test_any_name_of_a_framework_names_a_run_and_always_the_same(given: object, client: Client) -> None:
    name = run_name(given)
    assert client.run(name).id == name == run_name(given)
    assert name == str(given) or name.startswith("run-")


def function(name: str, arguments: str = '{"item": "tea"}', id: str = "1") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_a_messages_equal_calls_are_told_apart_and_the_message_again_makes_none(gateway: FakeGateway, client: Client) -> None:
    tools = ChatTools.load(client)
    message = {
        "tool_calls": [function("order", id="1"), function("order", '{"item":"tea"}', id="2"), function("price", id="3")]
    }
    for _ in range(2):
        answers = tools.answers(message, run="task", step=3)
        assert [one["tool_call_id"] for one in answers] == ["1", "2", "3"]
    assert executions(gateway) == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("drop_tables", "{}", "There is no tool 'drop_tables' here"),
        ("order", "{'item': tea}", "cannot be read, so nothing was done"),
        ("order", "[1]", "they are no object"),
        ("order", "[" * 100_000, "cannot be read"),
        ("order", '{"item": NaN}', "the arguments do not fit"),
        ("order", '{"item": 1e999}', "the arguments do not fit"),
        ("order", "", "the arguments do not fit"),
    ],
)
def test_what_a_model_writes_wrong_is_told_to_it_and_the_other_calls_are_made(
    gateway: FakeGateway, client: Client, name: str, arguments: str, words: str
) -> None:
    wrong, right = ChatTools.load(client).answers(
        {"tool_calls": [function(name, arguments), function("order", id="2")]}, run="task", step=1
    )
    assert words in wrong["content"]
    assert right["content"].startswith('{"ordered"')


def test_turns_tell_equal_calls_of_a_message_apart_by_their_ids_and_messages_by_their_number() -> None:
    turns = Turns("task")
    turns.heard([ModelCall("a", "order", TEA), ModelCall("b", "order", '{"item":"tea"}'), ModelCall("c", "price", TEA)])
    assert [turns.place(id).occurrence for id in "abc"] == [0, 1, 0]
    turns.heard([])
    turns.heard([ModelCall("a", "order", TEA)])
    assert [turns.place(id).step for id in "abc"] == [3, 1, 1]
    assert turns.place("unheard") == turns.place() == Place("task", 3)


def test_turns_go_on_from_the_history_of_a_resumed_run() -> None:
    begun, resumed = Turns("task"), Turns("task", begun=1)
    begun.heard([ModelCall("a", "order", TEA)])
    for turns in (begun, resumed):
        turns.heard([ModelCall("b", "price", TEA), ModelCall("wrong", "price", "{")])
    assert begun.place("b") == resumed.place("b") == Place("task", 2)


def test_tools_of_another_are_left_to_it_and_a_message_without_calls_is_not_answered(client: Client) -> None:
    tools = ChatTools.load(client)
    assert tools.answers({"tool_calls": [function("own")]}, run="task", step=1, leave={"own"}) == []
    for message in ({"content": "hello"}, {"content": "hello", "tool_calls": None}):
        assert tools.answers(message, run="task", step=1) == []


def test_a_tool_that_the_catalog_has_and_the_model_was_not_shown_is_not_called(gateway: FakeGateway, client: Client) -> None:
    (told,) = ChatTools.load(client, "prices").answers({"tool_calls": [function("order")]}, run="task", step=1)
    assert "There is no tool 'order' here" in told["content"]
    assert executions(gateway) == []


def test_all_calls_of_a_message_end_before_one_of_unknown_end_is_raised(gateway: FakeGateway) -> None:
    message = {"tool_calls": [function("order"), function("price", id="2")]}
    with gateway.client(retry=RetryPolicy(patience=0)) as hasty:
        tools = ChatTools.load(hasty)
        gateway.refuse(errors.ConnectionBroken("cut"))
        with pytest.raises(CallUnsettled):
            tools.answers(message, run="task", step=1)
        assert len(tools.answers(message, run="task", step=1)) == 2
    assert executions(gateway) == [1, 1]


async def test_each_provider_reads_its_own_messages_and_is_answered_in_its_own(client: Client) -> None:
    chat = {"tool_calls": [function("price")]}
    response = [{"type": "function_call", "call_id": "1", "name": "price", "arguments": '{"item": "tea"}'}]
    message = [{"type": "text", "text": "hm"}, {"type": "tool_use", "id": "1", "name": "price", "input": TEA}]
    content = {"parts": [{"text": "hm"}, {"function_call": {"id": "1", "name": "price", "args": TEA}}]}
    told = [
        (ChatTools, chat, [{"role": "tool", "tool_call_id": "1", "content": "3"}]),
        (ResponseTools, response, [{"type": "function_call_output", "call_id": "1", "output": "3"}]),
        (MessageTools, message, [{"role": "user", "content": [_anthropic_result()]}]),
        (ContentTools, content, [{"role": "user", "parts": [{"function_response": _gemini_response()}]}]),
    ]
    for kind, said, answered in told:
        assert kind.load(client).answers(said, run="task", step=1) == answered
        assert await (await kind.load_async(client)).answers_async(said, run="task", step=1) == answered


def _anthropic_result() -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "1", "content": "3", "is_error": False}


def _gemini_response() -> dict[str, Any]:
    return {"id": "1", "name": "price", "response": {"output": "3"}}

"""`callgate.pydantic_ai` in agents of Pydantic AI, against the SDK's fake gateway."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelRequest, ToolCallPart, ToolReturnPart

from callgate import Client, DeclareSucceeded, errors
from callgate.adapters import CallUnsettled
from callgate.pydantic_ai import FOR_A_PERSON, results, results_async, tools, tools_async
from callgate.retry import RetryPolicy
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.pydantic_ai_model import scripted

TASK: Any = {"conversation_id": "task"}
TEA = {"item": "tea"}


def call(name: str = "order", id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments or TEA, "id": id}


def agent(given: Any, *script: list[dict[str, Any]], **options: Any) -> Agent[Any, Any]:
    return Agent(scripted(lambda turn: script[turn] if turn < len(script) else []), tools=given, **options)


def shown(ended: Any) -> list[ToolReturnPart]:
    parts = [part for one in ended.all_messages() if isinstance(one, ModelRequest) for part in one.parts]
    return [one for one in parts if isinstance(one, ToolReturnPart)]


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str, context: str = "", self: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def test_a_model_is_shown_the_tools_own_schema_and_a_program_the_hints(client: Client) -> None:
    order, price = (one for one in tools(client) if one.name in {"order", "price"})
    shown_of = order.tool_def
    assert (shown_of.description, sorted(shown_of.parameters_json_schema["properties"])) == (
        "Order an item.",
        ["context", "item", "self"],
    )
    assert [one.metadata["readOnlyHint"] for one in (order, price) if one.metadata] == [False, True]


def test_equal_calls_of_one_message_are_two_and_the_same_task_begun_again_is_none(gateway: FakeGateway, client: Client) -> None:
    for life in "ab":
        asked = agent(tools(client), [call(id=f"{life}1"), call(id=f"{life}2")], [call(id=f"{life}3")])
        assert [one.content for one in shown(asked.run_sync("Order tea.", **TASK))] == ['{"ordered": "tea"}'] * 3
    assert executions(gateway) == [1, 1, 1]
    assert {one.run_id for one in gateway.calls} == {"task"}


def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(
    gateway: FakeGateway, client: Client
) -> None:
    for arguments in ({"item": "tea"}, '{"item": "tea"}'):
        ended = agent(tools(client, search=True), *by_the_three(arguments)).run_sync("Order tea.", **TASK)
        assert [one.content for one in shown(ended)][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


def test_arguments_may_have_the_names_of_the_functions_parameters(gateway: FakeGateway, client: Client) -> None:
    asked = {"item": "tea", "context": "hot", "self": "Ada"}
    agent(tools(client), [call(**asked)]).run_sync("Order tea.", **TASK)
    assert [one.arguments for one in gateway.calls] == [asked]


def test_the_whole_answer_is_kept_beside_the_message(gateway: FakeGateway, client: Client) -> None:
    (told,) = shown(agent(tools(client), [call()]).run_sync("Order tea.", **TASK))
    assert told.metadata["structured_content"] == {"ordered": "tea"}
    assert told.metadata["invocation_id"] == gateway.calls[0].id


def test_an_unknown_outcome_is_told_as_a_failure_that_is_not_to_be_tried_again(gateway: FakeGateway, client: Client) -> None:
    (told,) = shown(agent(tools(client), [call("lost")], retries=3).run_sync("Order tea.", **TASK))
    assert told.outcome == "failed"
    assert "The outcome is unknown" in str(told.content)
    assert "Do not call this tool again" in str(told.content)
    assert executions(gateway) == [1]


@pytest.mark.parametrize("conversation", [None, "0190b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"])
def test_a_call_without_a_run_is_refused_with_its_cure(gateway: FakeGateway, client: Client, conversation: str | None) -> None:
    with pytest.raises(errors.RequestInvalid, match="no conversation_id") as refused:
        agent(tools(client), [call()]).run_sync("Order tea.", conversation_id=conversation)
    assert "tools(…, run=…)" in refused.value.cure
    assert executions(gateway) == []
    for run in ("other", lambda context: context.conversation_id):
        agent(tools(client, run=run), [call()]).run_sync("Order tea.", conversation_id=conversation)
    assert [one.run_id for one in gateway.calls] == ["other", gateway.calls[-1].run_id]
    assert gateway.calls[-1].run_id not in {"", "other"}


def test_a_later_turn_of_a_conversation_is_another_step(gateway: FakeGateway, client: Client) -> None:
    asked = agent(tools(client), [call(id="a")], [], [call(id="b")])
    first = asked.run_sync("Order tea.", **TASK)
    for _ in range(2):
        asked.run_sync("And again.", message_history=first.all_messages())
    assert executions(gateway) == [1, 1]


def test_what_leaves_the_outcome_open_ends_the_run_as_what_it_is(gateway: FakeGateway) -> None:
    with gateway.client(retry=RetryPolicy(patience=0)) as client:
        asked = agent(tools(client), [call()])
        gateway.refuse(errors.ConnectionBroken("gone"))
        with pytest.raises(CallUnsettled, match="may have been carried out"):
            asked.run_sync("Order tea.", **TASK)
        assert len(shown(asked.run_sync("Order tea.", **TASK))) == 1
    assert executions(gateway) == [1]


def test_a_timeout_for_all_tools_does_not_tell_the_model_to_call_again(gateway: FakeGateway, client: Client) -> None:
    (told,) = shown(agent(tools(client), [call()], tool_timeout=0.000001).run_sync("Order tea.", **TASK))
    assert told.content == '{"ordered": "tea"}'


def deferring(client: Client, *script: list[dict[str, Any]], **options: Any) -> Agent[Any, Any]:
    given = tools(client, defers=FOR_A_PERSON, **options)
    return agent(given, *script, output_type=[str, DeferredToolRequests])


def test_a_call_that_waits_for_a_person_is_deferred_and_goes_on_from_what_was_decided(
    gateway: FakeGateway, client: Client
) -> None:
    asked = deferring(client, [call(id="a"), call("lost", id="b")])
    stopped = asked.run_sync("Order tea.", **TASK)
    assert [(one.tool_name, one.tool_call_id) for one in stopped.output.calls] == [("lost", "b")]
    about = stopped.output.metadata["b"]
    assert about["callgate"] == "UNKNOWN"
    open_ones = stopped.output.remaining(results(client, stopped.output))
    assert open_ones is not None
    assert [one.tool_call_id for one in open_ones.calls] == ["b"]
    client.reviews.decide(about["invocation_id"], DeclareSucceeded({"found": "by hand"}), reason="seen in the shop")
    found = results(client, stopped.output)
    assert stopped.output.remaining(found) is None
    ended = asked.run_sync(message_history=stopped.all_messages(), deferred_tool_results=found)
    assert [one.metadata["structured_content"] for one in shown(ended)] == [{"ordered": "tea"}, {"found": "by hand"}]
    assert executions(gateway) == [1, 1]


@pytest.fixture
def slow(gateway: FakeGateway) -> Callable[[], None]:
    ended = Event()

    @gateway.tool
    def brew(item: str) -> dict[str, str]:
        assert ended.wait(30)
        return {"brewed": item}

    return ended.set


async def test_a_call_that_is_pending_is_deferred_and_its_end_is_waited_for(
    gateway: FakeGateway, slow: Callable[[], None]
) -> None:
    async with gateway.async_client() as client:
        given = await tools_async(client, defers=FOR_A_PERSON, wait=0)
        asked = agent(given, [call("brew")], output_type=[str, DeferredToolRequests])
        stopped = await asked.run("Brew tea.", **TASK)
        assert stopped.output.metadata["call_1"]["callgate"] == "PENDING"
        assert (await results_async(client, stopped.output, wait=0)).calls == {}
        slow()
        found = await results_async(client, stopped.output)
        ended = await asked.run(message_history=stopped.all_messages(), deferred_tool_results=found)
        assert [one.content for one in shown(ended)] == ['{"brewed": "tea"}']
    assert executions(gateway) == [1]


def test_a_call_that_needs_approval_is_a_deferred_approval_until_the_gateway_has_it(
    gateway: FakeGateway, client: Client
) -> None:
    approved: list[int] = []

    @gateway.tool
    def pay(amount: int) -> int:
        if amount not in approved:
            raise errors.ApprovalRequired("a person must approve this call", cure="Connect an approver.")
        return amount

    asked = deferring(client, [call("pay", id="a", amount=3), call("pay", id="b", amount=3), call("pay", id="c", amount=4)])
    stopped = asked.run_sync("Pay.", **TASK)
    assert [one.tool_call_id for one in stopped.output.approvals] == ["a", "b", "c"]
    approved.append(3)
    found = results(client, stopped.output)
    again = asked.run_sync(message_history=stopped.all_messages(), deferred_tool_results=found)
    assert [one.tool_call_id for one in again.output.approvals] == ["c"]
    approved.append(4)
    found = results(client, again.output)
    ended = asked.run_sync(message_history=again.all_messages(), deferred_tool_results=found)
    assert [one.content for one in shown(ended)] == ["3", "3", "4"]
    assert [one.executions for one in gateway.calls if one.refusal is None] == [1, 1, 1]


def test_what_others_have_deferred_is_left_to_them(client: Client) -> None:
    theirs = DeferredToolRequests(calls=[ToolCallPart("ask", {}, "x")], approvals=[ToolCallPart("own", {}, "y")])
    found = results(client, theirs)
    assert (found.calls, found.approvals) == ({}, {})


async def test_an_async_client_is_refused_where_nothing_is_awaited(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        with pytest.raises(errors.RequestInvalid, match="AsyncClient"):
            tools(client)


def test_a_run_that_was_killed_ends_the_frameworks(gateway: FakeGateway, client: Client) -> None:
    client.runs.start("task")
    client.runs.kill("task", "It loops.")
    with pytest.raises(errors.RunKilled, match="Stop now"):
        agent(tools(client), [call()]).run_sync("Order tea.", **TASK)
    assert executions(gateway) == []

"""`callgate.openai_agents` in agents of OpenAI's SDK, against the SDK's fake gateway."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from agents import Agent, RunConfig, Runner, RunState, SQLiteSession, ToolCallOutputItem
from agents.exceptions import UserError

from callgate import Client, errors
from callgate.adapters import CallUnsettled
from callgate.openai_agents import CallgateFunctionTool, CallgateHooks, tools, tools_async
from callgate.retry import RetryPolicy
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.agents_model import Scripted

QUIET = RunConfig(tracing_disabled=True)
TEA = {"item": "tea"}


def call(name: str = "order", id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments or TEA, "id": id}


def agent(given: Any, *script: list[dict[str, Any]]) -> Agent:
    return Agent("Buyer", tools=given, model=Scripted(lambda turn: script[turn] if turn < len(script) else []))


def outputs(ended: Any) -> list[ToolCallOutputItem]:
    return [one for one in ended.new_items if isinstance(one, ToolCallOutputItem)]


Play = Callable[..., Any]


@pytest.fixture
def play() -> Play:
    def run(asked: Agent, given: Any = "Order tea.", hooks: Any = None, **options: Any) -> Any:
        return Runner.run_sync(asked, given, hooks=hooks or CallgateHooks("task"), run_config=QUIET, **options)

    return run


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str, note: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def test_a_model_is_shown_each_schema_in_a_form_that_it_takes_and_a_program_the_hints(client: Client) -> None:
    order, price = (one for one in tools(client) if one.name in {"order", "price"})
    assert isinstance(order, CallgateFunctionTool)
    assert isinstance(price, CallgateFunctionTool)
    assert (order.description, sorted(order.params_json_schema["properties"])) == ("Order an item.", ["item", "note"])
    assert order.strict_json_schema is order.offer.strict
    assert [one.offer.hints.read_only for one in (order, price)] == [False, True]


def test_equal_calls_of_one_message_are_two_and_the_same_task_begun_again_is_none(
    gateway: FakeGateway, client: Client, play: Play
) -> None:
    for life in "ab":
        ended = play(agent(tools(client), [call(id=f"{life}1"), call(id=f"{life}2")], [call(id=f"{life}3")]))
        assert [one.output for one in outputs(ended)] == ['{"ordered": "tea"}'] * 3
    assert executions(gateway) == [1, 1, 1]
    assert {one.run_id for one in gateway.calls} == {"task"}


def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(
    gateway: FakeGateway, client: Client, play: Play
) -> None:
    for arguments in ({"item": "tea"}, '{"item": "tea"}'):
        ended = play(agent(tools(client, search=True), *by_the_three(arguments)))
        assert [one.output for one in outputs(ended)][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


def test_the_whole_answer_is_kept_beside_the_output(gateway: FakeGateway, client: Client, play: Play) -> None:
    (told,) = outputs(play(agent(tools(client), [call()])))
    assert told.custom_data is not None
    assert told.custom_data["structured_content"] == {"ordered": "tea"}
    assert told.custom_data["invocation_id"] == gateway.calls[0].id


def test_an_unknown_outcome_is_told_as_such(gateway: FakeGateway, client: Client, play: Play) -> None:
    (told,) = outputs(play(agent(tools(client), [call("lost")])))
    assert "The outcome is unknown" in told.output
    assert "Do not call this tool again" in told.output


def test_what_a_model_writes_wrong_is_told_to_it(gateway: FakeGateway, client: Client, play: Play) -> None:
    (order, *_) = (one for one in tools(client) if one.name == "order")
    (told,) = outputs(play(agent([order], [call(number=float("nan"))])))
    assert "Nothing was done, because the arguments do not fit" in told.output
    assert executions(gateway) == []


def test_a_call_whose_runner_has_no_hooks_of_callgates_is_refused(gateway: FakeGateway, client: Client) -> None:
    with pytest.raises(UserError, match="belongs to no run") as refused:
        Runner.run_sync(agent(tools(client), [call()]), "Order tea.", run_config=QUIET)
    assert isinstance(refused.value.__cause__, errors.RequestInvalid)
    assert "hooks=CallgateHooks" in refused.value.__cause__.cure
    assert executions(gateway) == []


def test_what_leaves_the_outcome_open_ends_the_run_as_what_it_is(gateway: FakeGateway, play: Play) -> None:
    with gateway.client(retry=RetryPolicy(patience=0)) as client:
        given = tools(client)
        gateway.refuse(errors.ConnectionBroken("gone"))
        with pytest.raises(CallUnsettled, match="may have been carried out") as open_end:
            play(agent(given, [call()]))
        assert open_end.value.cure.startswith("Resume the run")
        assert len(outputs(play(agent(given, [call()])))) == 1
    assert executions(gateway) == [1]


def test_the_next_turn_of_a_session_is_another_step_and_the_same_turn_is_none(
    gateway: FakeGateway, client: Client, play: Play
) -> None:
    session = SQLiteSession("thread")
    asked = agent(tools(client), [call(id="a")], [])
    play(asked, session=session)
    again = agent(tools(client), [call(id="a")], [call(id="b")])
    play(again, "And again.", session=session)
    assert executions(gateway) == [1, 1]


def test_equal_calls_of_shortened_turns_are_told_apart_by_what_had_begun(
    gateway: FakeGateway, client: Client, play: Play
) -> None:
    for begun in (0, 2, 2):
        play(agent(tools(client), [call()]), hooks=CallgateHooks("task", begun=begun))
    assert executions(gateway) == [1, 1]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_a_call_that_a_person_has_approved_is_the_one_of_its_message(
    gateway: FakeGateway, client: Client, play: Play, elsewhere: bool
) -> None:
    given = [one for one in tools(client) if isinstance(one, CallgateFunctionTool)]
    for one in given:
        one.needs_approval = not one.offer.hints.read_only
    session = SQLiteSession("thread")
    play(agent([], []), "Hello.", session=session)
    asked = agent(given, [call("price", id="p")], [call(id="a"), call(id="b")], [call(id="c")])
    hooks = CallgateHooks("task")
    stopped = play(asked, hooks=hooks, session=session)
    while stopped.interruptions:
        state = stopped.to_state()
        if elsewhere:
            state = asyncio.run(RunState.from_json(asked, json.loads(json.dumps(state.to_json()))))
            hooks = CallgateHooks("task", state=state)
        for waiting in state.get_interruptions():
            state.approve(waiting)
        stopped = play(asked, state, hooks=hooks, session=session)
    key = client.run("task").key
    meant = [key("order", TEA, step=3), key("order", TEA, step=3, occurrence=1), key("order", TEA, step=4)]
    assert sorted(one.idempotency_key for one in gateway.calls) == sorted([key("price", TEA, step=2), *meant])


async def test_an_async_client_serves_what_is_awaited(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        asked = agent(await tools_async(client), [call(id="a"), call("price", id="b")])
        ended = await Runner.run(asked, "Order tea.", hooks=CallgateHooks("task"), run_config=QUIET)
        assert [one.output for one in outputs(ended)] == ['{"ordered": "tea"}', '{"price": 3}']


async def test_runs_of_one_agent_side_by_side_have_the_calls_of_their_own(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        asked = agent(await tools_async(client), [call(id="a")])
        runs = [Runner.run(asked, "Order.", hooks=CallgateHooks(f"task-{one}"), run_config=QUIET) for one in range(3)]
        await asyncio.gather(*runs)
    assert sorted(one.run_id for one in gateway.calls) == ["task-0", "task-1", "task-2"]


@pytest.mark.parametrize("kind", [errors.RunKilled, errors.RunEnded])
def test_a_run_that_is_over_ends_the_frameworks_as_what_it_is(
    gateway: FakeGateway, client: Client, play: Play, kind: type[errors.CallgateError]
) -> None:
    asked = agent(tools(client), [call()])
    gateway.refuse(kind("the run task is over"), times=9)
    with pytest.raises(kind, match="Stop now"):
        play(asked)
    assert executions(gateway) == []

"""`callgate.agent_framework` in agents of Microsoft Agent Framework's, against the SDK's fake gateway."""

from typing import Any

import pytest
from agent_framework import Agent, AgentResponse, AgentSession, Content, Message, MiddlewareFailure

from callgate import AsyncClient, RetryPolicy, errors
from callgate.adapters import CallUnsettled
from callgate.agent_framework import by_session, tools, tools_async
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.agent_framework_model import Scripted

Script = list[list[dict[str, Any]]]


def call(name: str, id: str = "call_1", /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


ORDER = [call("order", item="tea")]
TWICE = [call("order", "a", item="tea"), call("order", "b", item="tea")]


def thread() -> AgentSession:
    return AgentSession(session_id="7")


async def clerk(client: AsyncClient, script: Script, **options: Any) -> Agent[Any]:
    given = await tools_async(client, **{"run": by_session, **options})
    return Agent(Scripted(lambda turn: script[turn] if turn < len(script) else []), context_providers=[given])


def results(ended: AgentResponse[Any]) -> list[Content]:
    return [one for said in ended.messages for one in said.contents if one.type == "function_result"]


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str, context: str = "", tool_call_id: str = "", model_config: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


async def test_equal_calls_of_one_message_are_two_and_the_same_session_again_is_none(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        for _ in range(2):
            ended = await (await clerk(client, [TWICE])).run("Order tea.", session=thread())
            assert [one.result for one in results(ended)] == ['{"ordered": "tea"}'] * 2
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"7"}


async def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            agent = await clerk(client, by_the_three(arguments), search=True)
            ended = await agent.run("Order tea.", session=thread())
            assert [one.result for one in results(ended)][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


async def test_an_agent_that_streams_makes_the_same_calls(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        await (await clerk(client, [TWICE, ORDER])).run("Order tea.", session=thread())
        stream = (await clerk(client, [TWICE, ORDER])).run("Order tea.", session=thread(), stream=True)
        async for _ in stream:
            pass
        assert len(results(await stream.get_final_response())) == 3
    assert executions(gateway) == [1, 1, 1]


async def test_a_session_that_is_loaded_goes_on_with_other_calls(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        first = thread()
        await (await clerk(client, [TWICE])).run("Order tea.", session=first)
        stored = first.to_dict()
        for _ in range(2):
            await (await clerk(client, [[], [], ORDER])).run("And again.", session=AgentSession.from_dict(stored))
    assert executions(gateway) == [1, 1, 1]


async def test_a_history_that_is_given_by_its_messages_goes_on_with_other_calls(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        agent = await clerk(client, [ORDER, [], ORDER], run="7")
        said = [Message("user", ["Order tea."]), *(await agent.run("Order tea.")).messages]
        for _ in range(2):
            await agent.run([*said, Message("user", ["And again."])])
    assert executions(gateway) == [1, 1]


async def test_equal_calls_that_a_person_approves_are_two_also_in_another_process(gateway: FakeGateway) -> None:
    ask = {"approval": lambda hints: not hints.read_only}
    async with gateway.async_client() as client:
        first = thread()
        asked = (await (await clerk(client, [TWICE], **ask)).run("Order tea.", session=first)).user_input_requests
        assert executions(gateway) == []
        stored = first.to_dict()
        for _ in range(2):
            resumed = await clerk(client, [TWICE], **ask)
            answer = Message("user", [one.to_function_approval_response(True) for one in asked])
            ended = await resumed.run(answer, session=AgentSession.from_dict(stored))
            assert len(results(ended)) == 2
    assert executions(gateway) == [1, 1]


async def test_the_framework_asks_a_person_for_what_it_is_to_alone(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        agent = await clerk(client, [[call("price", item="tea")]], approval=lambda hints: not hints.read_only)
        assert (await agent.run("What is it?", session=thread())).user_input_requests == []
    assert executions(gateway) == [1]


async def test_arguments_may_have_the_names_of_what_the_framework_gives_its_tools(gateway: FakeGateway) -> None:
    asked = {"item": "tea", "context": "none", "tool_call_id": "none", "model_config": "hot"}
    async with gateway.async_client() as client:
        await (await clerk(client, [[call("order", **asked)]])).run("Order tea.", session=thread())
    assert [one.arguments for one in gateway.calls] == [asked]


async def test_the_whole_answer_is_kept_beside_the_text(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        (told,) = results(await (await clerk(client, [ORDER])).run("Order tea.", session=thread()))
    kept = (told.items or [])[0].additional_properties
    assert kept["structured_content"] == {"ordered": "tea"}
    assert kept["invocation_id"] == gateway.calls[0].id


async def test_an_unknown_outcome_is_told_as_such(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        (told,) = results(await (await clerk(client, [[call("lost", item="tea")]])).run("Order.", session=thread()))
    assert "The outcome is unknown" in str(told.result)
    assert "Do not call this tool again" in str(told.result)
    assert executions(gateway) == [1]


async def test_a_run_stops_for_an_open_end_and_makes_the_same_call_when_it_is_tried_again(gateway: FakeGateway) -> None:
    async with gateway.async_client(retry=RetryPolicy(patience=0)) as client:
        agent, session = await clerk(client, [[], TWICE]), thread()
        await agent.run("Hello.", session=session)
        gateway.refuse(errors.GatewayDefect("it went wrong"), times=1)
        with pytest.raises(MiddlewareFailure, match="may have been carried out") as stopped:
            await agent.run("Order tea.", session=session)
        assert isinstance(stopped.value.__cause__, CallUnsettled)
        ended = await agent.run("Order tea.", session=session)
    assert len(results(ended)) == 2
    assert executions(gateway) == [1, 1]


async def test_a_client_that_blocks_serves_an_agent_too(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = Agent(Scripted(lambda turn: [] if turn else ORDER), context_providers=[tools(client, run="task-9")])
        await agent.run("Order tea.")
    assert [one.run_id for one in gateway.calls] == ["task-9"]


async def test_a_call_without_a_run_is_refused_with_its_cure(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        with pytest.raises(errors.RequestInvalid, match="belongs to no run") as refused:
            await (await clerk(client, [ORDER], run="")).run("Order tea.")
    assert "tools(…, run=…)" in refused.value.cure
    assert executions(gateway) == []


async def test_a_run_that_was_killed_ends_the_agents(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        agent = await clerk(client, [ORDER, ORDER])
        gateway.refuse(errors.RunKilled("the run 7 was killed"), times=9)
        with pytest.raises(MiddlewareFailure, match="Stop now") as stopped:
            await agent.run("Order tea.", session=thread())
    assert isinstance(stopped.value.__cause__, errors.RunKilled)
    assert executions(gateway) == []

"""`callgate.autogen` in assistants and loops of AutoGen's, against the SDK's fake gateway."""

from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import AgentId, CancellationToken, FunctionCall, SingleThreadedAgentRuntime
from autogen_core.model_context import BufferedChatCompletionContext, ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import AssistantMessage, FunctionExecutionResult, FunctionExecutionResultMessage, UserMessage
from autogen_core.tool_agent import ToolAgent, tool_agent_caller_loop

from callgate import AsyncClient, RetryPolicy, errors
from callgate.autogen import Overheard, tools, tools_async
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.autogen_model import Scripted

Script = list[list[dict[str, Any]]]


def call(name: str, id: str = "call_1", /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


ORDER = [call("order", item="tea")]
TWICE = [call("order", "a", item="tea"), call("order", "b", item="tea")]


def scripted(script: Script) -> Scripted:
    return Scripted(lambda turn: script[turn] if turn < len(script) else [])


async def clerk(
    client: AsyncClient, script: Script, context: ChatCompletionContext | None = None, name: str = "clerk"
) -> AssistantAgent:
    context = context or UnboundedChatCompletionContext()
    given: Any = await tools_async(client, run="7", messages=context)
    return AssistantAgent(name, scripted(script), tools=given, model_context=context, max_tool_iterations=9)


async def shown(agent: AssistantAgent) -> list[FunctionExecutionResult]:
    said = await agent.model_context.get_messages()
    return [result for one in said if isinstance(one, FunctionExecutionResultMessage) for result in one.content]


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str, cancellation_token: str = "", model_config: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def test_a_model_is_shown_the_tools_own_schema(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        schema = next(one.schema for one in tools(client, run="7", messages=[]) if one.name == "order")
    assert (schema["name"], schema["description"], schema["strict"]) == ("order", "Order an item.", False)
    assert sorted(schema["parameters"]["properties"]) == ["cancellation_token", "item", "model_config"]


async def test_equal_calls_of_one_message_are_two_and_the_same_conversation_again_is_none(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        for _ in range(2):
            agent = await clerk(client, [TWICE])
            await agent.run(task="Order tea.")
            assert [one.content for one in await shown(agent)] == ['{"ordered": "tea"}'] * 2
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"7"}


async def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            context = UnboundedChatCompletionContext()
            given: Any = await tools_async(client, run="7", messages=context, search=True)
            model = scripted(by_the_three(arguments))
            agent = AssistantAgent("clerk", model, tools=given, model_context=context, max_tool_iterations=9)
            await agent.run(task="Order tea.")
            assert [one.content for one in await shown(agent)][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


async def test_equal_calls_of_a_model_that_gives_no_ids_are_told_apart_too(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        for _ in range(2):
            await (await clerk(client, [[call("order", "", item="tea"), call("order", "", item="tea")]])).run(task="Order tea.")
    assert executions(gateway) == [1, 1]


async def test_a_conversation_that_is_loaded_goes_on_with_other_calls(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        first = await clerk(client, [TWICE])
        await first.run(task="Order tea.")
        stored = await first.save_state()
        for _ in range(2):
            resumed = await clerk(client, [[], [], ORDER])
            await resumed.load_state(stored)
            await resumed.run(task="And again.")
    assert executions(gateway) == [1, 1, 1]


async def test_a_context_that_shows_its_model_a_part_alone_has_the_whole_all_the_same(gateway: FakeGateway) -> None:
    asked = iter([ORDER, ORDER, ORDER, ORDER, []])
    async with gateway.async_client() as client:
        context = BufferedChatCompletionContext(buffer_size=2)
        given: Any = await tools_async(client, run="7", messages=context)
        model = Scripted(lambda _: next(asked))
        agent = AssistantAgent("clerk", model, tools=given, model_context=context, max_tool_iterations=9)
        await agent.run(task="Order tea.")
    assert executions(gateway) == [1] * 4


async def test_agents_of_one_team_have_steps_of_their_own(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        team = RoundRobinGroupChat(
            [await clerk(client, [ORDER], name="ada"), await clerk(client, [ORDER], name="bob")],
            termination_condition=MaxMessageTermination(3),
        )
        await team.run(task="Order tea.")
    assert {one.step for one in gateway.calls} == {"ada/1", "bob/2"}


async def test_arguments_may_have_the_names_of_what_autogen_gives_its_tools(gateway: FakeGateway) -> None:
    asked = {"item": "tea", "cancellation_token": "none", "model_config": "hot"}
    async with gateway.async_client() as client:
        await (await clerk(client, [[call("order", **asked)]])).run(task="Order tea.")
    assert [one.arguments for one in gateway.calls] == [asked]


async def test_an_unknown_outcome_is_told_as_such(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        agent = await clerk(client, [[call("lost", item="tea")]])
        await agent.run(task="Order tea.")
    (told,) = await shown(agent)
    assert "The outcome is unknown" in told.content
    assert "Do not call this tool again" in told.content
    assert executions(gateway) == [1]


async def test_an_open_end_is_told_to_the_model_of_a_loop_too(gateway: FakeGateway) -> None:
    async with gateway.async_client(retry=RetryPolicy(patience=0)) as client:
        model = Overheard(scripted([TWICE]))
        given: Any = await tools_async(client, run="7", messages=model)
        gateway.refuse(errors.GatewayDefect("it went wrong"), times=2)
        runtime = SingleThreadedAgentRuntime()
        await ToolAgent.register(runtime, "tools", lambda: ToolAgent("The shop's.", given))
        runtime.start()
        begun: Any = [UserMessage(content="Order tea.", source="user")]
        said = await tool_agent_caller_loop(runtime, AgentId("tools", "default"), model, begun, given)
        await runtime.stop()
    results = [result for one in said if isinstance(one, FunctionExecutionResultMessage) for result in one.content]
    assert ["it may have been carried out" in one.content for one in results] == [True, True]
    assert executions(gateway) == []


async def test_a_loop_of_ones_own_gives_the_list_of_its_messages(gateway: FakeGateway) -> None:
    said: list[Any] = [UserMessage(content="Order tea.", source="user")]
    with gateway.client() as client:
        given = {one.name: one for one in tools(client, run=lambda: "task-9", messages=said)}
        said.append(AssistantMessage(content=[FunctionCall("a", '{"item": "tea"}', "order")], source="clerk"))
        for _ in range(2):
            value = await given["order"].run_json({"item": "tea"}, CancellationToken(), call_id="a")
            assert value.structured == {"ordered": "tea"}
    assert [one.run_id for one in gateway.calls] == ["task-9"]
    assert executions(gateway) == [1]


async def test_a_call_that_no_message_has_and_one_without_a_run_are_refused_with_their_cures(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        order, *_ = await tools_async(client, run="7", messages=[], name="order")
        with pytest.raises(errors.RequestInvalid, match="in none of the messages") as refused:
            await order.run_json({"item": "tea"}, CancellationToken(), call_id="a")
        assert "model_context" in refused.value.cure
        order, *_ = await tools_async(client, run=lambda: "", messages=[], name="order")
        with pytest.raises(errors.RequestInvalid, match="belongs to no run"):
            await order.run_json({"item": "tea"}, CancellationToken(), call_id="a")
    assert executions(gateway) == []


async def test_a_model_whose_run_was_killed_is_told_to_stop(gateway: FakeGateway) -> None:
    """AutoGen ends no run for what its tools raise."""
    async with gateway.async_client() as client:
        await client.runs.start("7")
        await client.runs.kill("7", "It loops.")
        agent = await clerk(client, [ORDER])
        await agent.run(task="Order tea.")
    (told,) = await shown(agent)
    assert ("make no further calls" in told.content, "callgate run" in told.content) == (True, False)
    assert executions(gateway) == []

"""`callgate.llama_index` in agents and workflows of LlamaIndex's, against the SDK's fake gateway."""

import json
from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import MockFunctionCallingLLM
from llama_index.core.memory import Memory

from callgate import errors
from callgate.llama_index import tools, tools_async
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.index_model import scripted


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str) -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def call(name: str, id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


def model(*script: list[dict[str, Any]]) -> MockFunctionCallingLLM:
    return scripted(lambda turn: script[turn] if turn < len(script) else [])


async def shown(agent: Any, asked: str = "Order tea.", **more: Any) -> list[Any]:
    return [one.tool_output for one in (await agent.run(asked, **more)).tool_calls]


def test_a_model_is_shown_the_tools_own_schema_and_a_program_the_hints_of_its_effect(gateway: FakeGateway) -> None:
    @gateway.tool
    def talk(item: str) -> None:
        pass

    talk.__doc__ = "Talk. " * 1000
    with gateway.client() as client:
        _, order, price, talked = sorted(tools(client), key=lambda one: one.metadata.name)
    function = order.metadata.to_openai_tool()["function"]
    assert (function["name"], function["description"]) == ("order", "Order an item.")
    assert list(function["parameters"]["properties"]) == ["item"]
    assert json.loads(order.metadata.fn_schema_str) == function["parameters"]
    assert [one.hints["readOnlyHint"] for one in (order, price)] == [False, True]
    assert talked.metadata.to_openai_tool()


def invocation(told: Any) -> str:
    return str(told.raw_output["invocation_id"])


async def test_equal_calls_of_one_message_are_two_and_in_the_next_one_another(gateway: FakeGateway) -> None:
    script = [[call("order", "a", item="tea"), call("order", "b", item="tea")], [call("order", "c", item="tea")]]
    with gateway.client() as client:
        agent = FunctionAgent(llm=model(*script), tools=tools(client, run="task-7"))
        told = await shown(agent)
        # Calls of one message are under way at the same time, and end in any order.
        assert sorted(await shown(agent), key=invocation) == sorted(told, key=invocation)
    assert [one.content for one in told] == ['{"ordered": "tea"}'] * 3
    assert told[0].raw_output["structured_content"] == {"ordered": "tea"}
    assert executions(gateway) == [1, 1, 1]
    assert {one.run_id for one in gateway.calls} == {"task-7"}


async def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            given = tools(client, run="task-7", search=True)
            told = await shown(FunctionAgent(llm=model(*by_the_three(arguments)), tools=given))
            assert [one.content for one in told][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


async def test_equal_calls_without_ids_are_one(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        script = [call("order", "", item="tea"), call("order", "", item="tea")]
        await shown(FunctionAgent(llm=model(script), tools=tools(client, run="task-7")))
    assert executions(gateway) == [1]


async def test_the_same_call_in_a_later_turn_is_another_one(gateway: FakeGateway) -> None:
    memory = Memory.from_defaults(session_id="7")
    with gateway.client() as client:
        for script in ([[call("order", item="tea")]], [[], [call("order", item="tea")]]):
            await shown(FunctionAgent(llm=model(*script), tools=tools(client)), memory=memory)
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"7"}


async def test_an_unknown_outcome_is_told_as_such(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        (told,) = await shown(FunctionAgent(llm=model([call("lost", item="tea")]), tools=tools(client, run="task-7")))
    assert told.is_error
    assert "The outcome is unknown" in told.content
    assert "Do not call this tool again" in told.content


async def test_a_call_without_a_run_is_refused(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        (told,) = await shown(FunctionAgent(llm=model([call("order", item="tea")]), tools=tools(client)))
    assert "belongs to no run" in told.content
    assert executions(gateway) == []


async def test_a_call_outside_of_an_agent_is_refused_with_its_cure(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        order, *_ = (one for one in tools(client, run="task-7") if one.metadata.name == "order")
        with pytest.raises(errors.RequestInvalid, match="outside of an agent"):
            order(item="tea")
        with pytest.raises(errors.RequestInvalid, match="outside of an agent") as refused:
            await order.acall(item="tea")
    assert "client.run(…)" in refused.value.cure
    assert executions(gateway) == []


async def test_an_agent_that_writes_its_calls_as_text_makes_each_of_them(gateway: FakeGateway) -> None:
    action = 'Thought: I need tea.\nAction: order\nAction Input: {"item": "tea"}'
    texts = iter([action, action, "Thought: I have it.\nAnswer: Done."])
    llm = MockFunctionCallingLLM(response_generator=lambda *_, **__: ChatMessage(role="assistant", content=next(texts)))
    with gateway.client() as client:
        told = await shown(ReActAgent(llm=llm, tools=tools(client, run="task-7")))
    assert [one.content for one in told] == ['{"ordered": "tea"}'] * 2
    assert executions(gateway) == [1, 1]


async def test_an_agent_that_takes_over_makes_calls_of_its_own(gateway: FakeGateway) -> None:
    handoff = call("handoff", "h", to_agent="second", reason="It can.")
    with gateway.client() as client:
        given = tools(client, run=lambda context: "task-9")
        first = FunctionAgent(
            name="first", description="x", llm=model([call("order", "a", item="tea")], [handoff]), tools=given
        )
        again = model([], [], [call("order", "b", item="tea")])
        second = FunctionAgent(name="second", description="y", llm=again, tools=given)
        await shown(AgentWorkflow(agents=[first, second], root_agent="first"))
    assert executions(gateway) == [1, 1]


async def test_an_async_client_serves_it(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        agent = FunctionAgent(llm=model([call("order", item="tea")]), tools=await tools_async(client, run="task-7"))
        assert [one.content for one in await shown(agent)] == ['{"ordered": "tea"}']


async def test_a_model_whose_run_was_killed_is_told_to_stop(gateway: FakeGateway) -> None:
    """LlamaIndex ends no agent for what its tools raise."""
    with gateway.client() as client:
        agent = FunctionAgent(llm=model([call("order", item="tea")]), tools=tools(client, run="task-7"))
        gateway.refuse(errors.RunKilled("the run task-7 was killed"), times=9)
        (told,) = await shown(agent)
    assert (told.is_error, "make no further calls" in told.content, "callgate run" in told.content) == (True, True, False)

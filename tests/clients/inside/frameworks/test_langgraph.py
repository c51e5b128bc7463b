"""`callgate.langgraph` in graphs and agents of LangChain's, against the SDK's fake gateway."""

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, ToolRetryMiddleware
from langchain_core.messages import AIMessage, RemoveMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command

from callgate import DeclareSucceeded, errors
from callgate.langgraph import FOR_A_PERSON, tools, tools_async
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.langchain_model import Scripted

THREAD: Any = {"configurable": {"thread_id": "7"}}
ASKED: Any = {"messages": [("user", "Order tea.")]}


def scripted(*script: list[dict[str, Any]]) -> Scripted:
    return Scripted(say=lambda turn: script[turn] if turn < len(script) else [])


def call(name: str, id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id, "type": "tool_call"}


def shown(state: Any) -> list[ToolMessage]:
    return [one for one in state["messages"] if isinstance(one, ToolMessage)]


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str, config: str = "", run_manager: str = "", callbacks: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def test_a_model_is_shown_the_tools_own_schema_and_a_framework_the_hints_of_its_effect(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        _, order, price = sorted(tools(client), key=lambda one: one.name)
    function = convert_to_openai_tool(order)["function"]
    assert (function["name"], function["description"]) == ("order", "Order an item.")
    assert sorted(function["parameters"]["properties"]) == ["callbacks", "config", "item", "run_manager"]
    assert [one.metadata["readOnlyHint"] for one in (order, price) if one.metadata] == [False, True]


def test_equal_calls_of_one_message_are_two_and_the_same_message_again_is_none(gateway: FakeGateway) -> None:
    said: Any = {"messages": [AIMessage("", tool_calls=[call("order", "a", item="tea"), call("order", "b", item="tea")])]}
    with gateway.client() as client:
        node = StateGraph(MessagesState)
        node.add_node("tools", ToolNode(tools(client)))
        node.add_edge(START, "tools")
        graph = node.compile()
        for _ in range(2):
            assert [one.content for one in shown(graph.invoke(said, THREAD))] == ['{"ordered": "tea"}'] * 2
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"7"}


def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            ended = create_agent(scripted(*by_the_three(arguments)), tools(client, search=True)).invoke(ASKED, THREAD)
            assert [one.content for one in shown(ended)][1:] == ['{"ordered": "tea"}'] * 2
    assert_two_orders_were_made(gateway)


def test_arguments_may_have_the_names_of_what_langchain_gives_its_tools(gateway: FakeGateway) -> None:
    asked = {"item": "tea", "config": "hot", "run_manager": "Ada", "callbacks": "none"}
    with gateway.client() as client:
        create_agent(scripted([call("order", **asked)]), tools(client)).invoke(ASKED, THREAD)
    assert [one.arguments for one in gateway.calls] == [asked]


def test_the_whole_answer_is_kept_beside_the_message(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = create_agent(scripted([call("order", item="tea")]), tools(client), checkpointer=InMemorySaver())
        agent.invoke(ASKED, THREAD)
        (told,) = shown(agent.get_state(THREAD).values)
    assert told.artifact["structured_content"] == {"ordered": "tea"}
    assert told.artifact["invocation_id"] == gateway.calls[0].id


def test_an_unknown_outcome_is_told_as_such_and_no_retry_of_the_framework_acts(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = create_agent(scripted([call("lost", item="tea")]), tools(client), middleware=[ToolRetryMiddleware()])
        (told,) = shown(agent.invoke(ASKED, THREAD))
    assert told.status == "error"
    assert "The outcome is unknown" in str(told.content)
    assert "Do not call this tool again" in str(told.content)
    assert executions(gateway) == [1]


def test_a_graph_is_interrupted_for_what_a_person_must_decide_and_gets_the_decided_outcome(gateway: FakeGateway) -> None:
    script = [[call("order", "a", item="tea"), call("lost", "b", item="tea")]]
    with gateway.client() as client:
        agent = create_agent(scripted(*script), tools(client, interrupts=FOR_A_PERSON), checkpointer=InMemorySaver())
        (asked,) = agent.invoke(ASKED, THREAD)["__interrupt__"]
        assert (asked.value["tool"], asked.value["standing"]) == ("lost", "UNKNOWN")
        client.reviews.decide(asked.value["invocation_id"], DeclareSucceeded({"found": "by hand"}), reason="seen in the shop")
        told = shown(agent.invoke(Command(resume="decided"), THREAD))
    assert [one.artifact["structured_content"] for one in told] == [{"ordered": "tea"}, {"found": "by hand"}]
    assert executions(gateway) == [1, 1]


def test_a_graph_that_is_resumed_before_the_decision_is_interrupted_again(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = tools(client, interrupts=FOR_A_PERSON)
        agent = create_agent(scripted([call("lost", item="tea")]), given, checkpointer=InMemorySaver())
        agent.invoke(ASKED, THREAD)
        (again,) = agent.invoke(Command(resume=True), THREAD)["__interrupt__"]
    assert again.value["standing"] == "UNKNOWN"
    assert executions(gateway) == [1]


def test_a_call_that_needs_approval_is_told_so_and_waits_where_it_is_to(gateway: FakeGateway) -> None:
    @gateway.tool
    def pay(amount: int) -> None:
        raise errors.ApprovalRequired("a person must approve this call", cure="Connect an approver.")

    with gateway.client() as client:
        model = scripted([call("pay", amount=3)])
        (told,) = shown(create_agent(model, tools(client)).invoke(ASKED, THREAD))
        waiting = create_agent(model, tools(client, interrupts=FOR_A_PERSON), checkpointer=InMemorySaver())
        (asked,) = waiting.invoke(ASKED, THREAD)["__interrupt__"]
    assert "Nothing was done: a person must approve this call first" in str(told.content)
    assert asked.value["standing"] == "NEEDS_APPROVAL"


def test_a_call_without_a_run_is_refused_with_its_cure(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = create_agent(scripted([call("order", item="tea")]), tools(client))
        with pytest.raises(errors.RequestInvalid, match="no thread_id") as refused:
            agent.invoke(ASKED)
        assert "tools(…, run=…)" in refused.value.cure
        create_agent(scripted([call("order", item="tea")]), tools(client, run="task-9")).invoke(ASKED)
    assert [one.run_id for one in gateway.calls] == ["task-9"]


def test_the_same_call_after_the_history_was_shortened_is_another_one(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = create_agent(scripted([call("order", item="tea")]), tools(client), checkpointer=InMemorySaver())
        state = agent.invoke(ASKED, THREAD)
        agent.update_state(THREAD, {"messages": [RemoveMessage(one.id) for one in state["messages"]]})
        agent.invoke(ASKED, THREAD)
    assert executions(gateway) == [1, 1]


def test_a_later_turn_of_a_graph_without_a_checkpointer_is_another_step(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = create_agent(scripted([call("order", item="tea")], [], [call("order", item="tea")]), tools(client))
        first = agent.invoke(ASKED, THREAD)["messages"]
        for _ in range(2):
            agent.invoke({"messages": [*first, ("user", "And again.")]}, THREAD)
    assert executions(gateway) == [1, 1]


def test_a_call_outside_of_a_graph_is_refused_with_its_cure(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        order, *_ = (one for one in tools(client, run="task-9") if one.name == "order")
        with pytest.raises(errors.RequestInvalid, match="outside of a graph"):
            order.invoke({"item": "tea"})
    assert executions(gateway) == []


def test_arguments_that_a_person_has_edited_are_those_of_the_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = tools(client, toolset="fake")
        ask = HumanInTheLoopMiddleware({one.name: True for one in given if not (one.metadata or {})["readOnlyHint"]})
        model = scripted([call("order", item="tea"), call("price", "b", item="tea")])
        agent = create_agent(model, given, middleware=[ask], checkpointer=InMemorySaver())
        agent.invoke(ASKED, THREAD)
        edited = {"type": "edit", "edited_action": {"name": "order", "args": {"item": "coffee"}}}
        agent.invoke(Command(resume={"decisions": [edited]}), THREAD)
    assert sorted(one.arguments["item"] for one in gateway.calls) == ["coffee", "tea"]
    assert executions(gateway) == [1, 1]


def test_a_subgraph_that_runs_twice_makes_its_calls_twice(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        worker = create_agent(scripted([call("order", item="tea")]), tools(client))

        def work(state: MessagesState) -> Any:
            worker.invoke(ASKED)
            return {"messages": [("ai", "again" if len(state["messages"]) == 1 else "done")]}

        drawn = StateGraph(MessagesState)
        drawn.add_node("work", work)
        drawn.add_edge(START, "work")
        drawn.add_conditional_edges("work", lambda state: "work" if state["messages"][-1].content == "again" else END)
        drawn.compile(checkpointer=InMemorySaver()).invoke(ASKED, THREAD)
    assert executions(gateway) == [1, 1]


async def test_an_async_client_serves_what_is_awaited(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        script = [[call("order", "a", item="tea"), call("price", "b", item="tea")]]
        agent = create_agent(scripted(*script), await tools_async(client))
        told = shown(await agent.ainvoke(ASKED, THREAD))
        assert [one.content for one in told] == ['{"ordered": "tea"}', '{"price": 3}']
        with pytest.raises(errors.RequestInvalid, match="AsyncClient"):
            create_agent(scripted(*script), await tools_async(client)).invoke(ASKED, THREAD)


def test_a_run_that_was_killed_ends_its_graph(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        client.runs.start("7")
        client.runs.kill("7", "It loops.")
        agent = create_agent(scripted([call("order", item="tea")], [call("price", item="tea")]), tools(client))
        with pytest.raises(errors.RunKilled, match="Stop now"):
            agent.invoke(ASKED, THREAD)
    assert executions(gateway) == []

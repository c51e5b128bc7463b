"""`callgate.smolagents` in agents of smolagents, against the SDK's fake gateway."""

from dataclasses import replace
from typing import Any

import pytest
from smolagents import CodeAgent, LogLevel, ToolCallingAgent, tool
from smolagents.memory import ActionStep
from smolagents.models import ChatMessage, MessageRole, Model, get_tool_json_schema
from smolagents.utils import AgentError

from callgate import FaultCode, ToolFailed, errors
from callgate.adapters import Offer, Toolbox
from callgate.smolagents import AgentTool, Attempts, equip
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.smol_model import ScriptedCalls


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    busy = iter([ToolFailed(None, FaultCode.UPSTREAM_UNREACHABLE, "it is busy", effect_possible=False)])

    @shop.tool
    def order(item: str, note: str = "") -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    @shop.tool(name="shop_book-it")
    def book(item: str) -> Any:
        return next(busy, {"booked": item})

    return shop


class Coder(Model):
    """Writes one piece of code after the other, whatever it reads."""

    def __init__(self, *code: str) -> None:
        super().__init__(model_id="scripted")
        self._code = iter([*code, 'final_answer("Done.")'])

    def generate(self, *_: Any, **__: Any) -> ChatMessage:
        return ChatMessage(MessageRole.ASSISTANT, f"<code>\n{next(self._code)}\n</code>")


def calling(*script: list[dict[str, Any]], **more: Any) -> ToolCallingAgent:
    model = ScriptedCalls(lambda turn: script[turn] if turn < len(script) else [])
    return ToolCallingAgent(tools=[], model=model, verbosity_level=LogLevel.OFF, **more)


def coding(*code: str) -> CodeAgent:
    return CodeAgent(tools=[], model=Coder(*code), verbosity_level=LogLevel.OFF)


def call(name: str, id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


def read(agent: Any) -> list[str]:
    """What the model has read of each step."""
    steps = [one for one in agent.memory.steps if isinstance(one, ActionStep)]
    return [str(one.observations if one.error is None else one.error) for one in steps]


def test_a_model_is_shown_the_tools_own_schema_and_a_program_the_hints_of_its_effect(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = equip(calling(), client, run="task-7").tools
    function = get_tool_json_schema(given["order"])["function"]
    assert (function["name"], function["description"]) == ("order", "Order an item.")
    assert sorted(function["parameters"]["properties"]) == ["item", "note"]
    assert function["parameters"]["required"] == ["item"]
    assert [given[name].hints["readOnlyHint"] for name in ("order", "price")] == [False, True]
    assert "shop_book_it" in given


def test_equal_calls_of_one_message_are_two_and_in_the_next_one_another(gateway: FakeGateway) -> None:
    script = [[call("order", "a", item="tea"), call("order", "b", item="tea")], [call("order", "c", item="tea")]]
    with gateway.client() as client:
        for _ in range(2):
            agent = equip(calling(*script), client, run="task-7")
            agent.run("Order tea.")
    assert read(agent)[:2] == ['{"ordered": "tea"}\n{"ordered": "tea"}', '{"ordered": "tea"}']
    assert executions(gateway) == [1, 1, 1]
    assert {one.run_id for one in gateway.calls} == {"task-7"}


def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    code = 'found = search_tools("order an item")\nfor _ in range(2):\n    call_tool(found[0]["name"], {"item": "tea"})'
    with gateway.client() as client:
        for _ in range(2):
            agent = equip(calling(*by_the_three({"item": "tea"})), client, run="task-7", search=True)
            agent.run("Order tea.")
            assert read(agent)[1] == '{"ordered": "tea"}\n{"ordered": "tea"}'
        assert_two_orders_were_made(gateway)
        equip(coding(code), client, run="in code", search=True).run("Order tea.")
    assert executions(gateway) == [1, 1, 1, 1]


def test_another_task_in_the_same_run_makes_calls_of_its_own(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = equip(calling([call("order", item="tea")]), client, run=lambda agent: f"task-{agent.name}")
        for task in ("Order tea.", "Order tea again.", "Order tea."):
            agent.run(task)
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"task-None"}


def test_a_turn_that_goes_on_with_the_memory_makes_calls_of_its_own(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = equip(coding('order("tea")', 'final_answer("Done.")', 'order("tea")'), client, run="task-7")
        for _ in range(2):
            agent.run("Order tea.", reset=False)
    assert executions(gateway) == [1, 1]


def test_code_gets_values_and_its_equal_calls_are_as_many_as_it_makes(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = equip(coding('for _ in range(2):\n    print(order("tea")["ordered"])'), client, run="task-7")
        agent.run("Order tea.")
    assert "tea\ntea" in read(agent)[0]
    assert executions(gateway) == [1, 1]


def test_code_that_fails_after_its_calls_and_is_written_again_does_not_act_again(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        code = ['order("tea"); order("tea")["price"]', 'order("tea"); order("tea")["ordered"]; order("tea")']
        agent = equip(coding(*code), client, run="task-7")
        agent.run("Order tea.")
    assert [one.error is None for one in agent.memory.steps if isinstance(one, ActionStep)] == [False, True, True]
    assert executions(gateway) == [1, 1, 1]


def test_a_call_that_failed_and_did_nothing_is_another_one_when_it_is_made_again(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = equip(coding('shop_book_it("tea")', 'print(shop_book_it("tea"))'), client, run="task-7")
        agent.run("Book tea.")
        again = equip(coding('shop_book_it("tea")', 'print(shop_book_it("tea"))'), client, run="task-7")
        again.run("Book tea.")
    assert "it is busy" in read(agent)[0]
    assert ["booked" in one for one in read(agent)] == ["booked" in one for one in read(again)] == [False, True, False]
    assert executions(gateway) == [1, 1]


def test_an_unknown_outcome_is_told_as_such_and_is_the_same_when_it_is_asked_for_again(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        told = equip(calling([call("lost", item="tea")]), client, run="task-7")
        told.run("Order tea.")
        raised = equip(coding('lost("tea")', 'lost("tea")'), client, run="task-8")
        raised.run("Order tea.")
    for text in [read(told)[0], *read(raised)[:2]]:
        assert "The outcome is unknown" in text
        assert "Do not call this tool again" in text
    assert executions(gateway) == [1, 1]


def test_none_stands_for_what_is_left_out(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        equip(calling([call("order", item="tea", note=None)]), client, run="task-7").run("Order tea.")
    assert [one.arguments for one in gateway.calls] == [{"item": "tea"}]


def test_what_smolagents_cannot_check_of_a_schema_is_checked_by_the_gateway(gateway: FakeGateway) -> None:
    parts = [{"type": "object", "properties": {"id": {"type": "string"}}}, {"const": "all"}]
    with gateway.client() as client:
        (order,) = Toolbox(client).offers(name="order")
        odd = {"type": "object", "properties": {"item": {"anyOf": parts}, "note": True}, "required": ["item"]}
        agent = calling([call("order", item={"id": "7"})])
        agent.tools["order"] = AgentTool(Toolbox(client), odd_offer(order, odd), Attempts(agent, "task-7"))
        agent.run("Order it.")
    shown = get_tool_json_schema(agent.tools["order"])["function"]["parameters"]["properties"]
    assert shown["item"]["allOf"] == [{"anyOf": parts}]
    assert "do not fit" in read(agent)[0]


def odd_offer(offer: Offer, schema: dict[str, Any]) -> Offer:
    return replace(offer, tool=replace(offer.tool, input_schema=schema))


def test_a_call_outside_of_an_agents_run_is_refused_with_its_cure(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        agent = equip(calling(), client, run="task-7")
        with pytest.raises(errors.RequestInvalid, match="by no agent") as refused:
            agent.tools["order"](item="tea")
    assert "client.run(…)" in refused.value.cure
    assert executions(gateway) == []


def test_an_agent_that_has_a_tool_of_the_same_name_is_not_given_another(gateway: FakeGateway) -> None:
    @tool
    def order(item: str) -> str:
        """Order.

        Args:
            item: What.
        """
        return item

    with gateway.client() as client, pytest.raises(errors.RequestInvalid, match="another tool named order"):
        equip(ToolCallingAgent(tools=[order], model=ScriptedCalls(lambda _: [])), client, run="task-7")


@pytest.mark.parametrize("agent", [calling(*[[call("order", item="tea")]] * 9), coding(*["order(item='tea')"] * 9)])
def test_a_run_that_was_killed_ends_the_agents(gateway: FakeGateway, agent: Any) -> None:
    with gateway.client() as client:
        client.runs.start("task-7")
        client.runs.kill("task-7", "It loops.")
        equip(agent, client, run="task-7")
        with pytest.raises(AgentError, match="interrupted"):
            agent.run("Order tea.")
    (told,) = read(agent)
    assert ("make no further calls" in told, executions(gateway)) == (True, [])

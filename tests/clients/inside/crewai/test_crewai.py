"""`callgate.crewai` in crews and agents of CrewAI's, against the SDK's fake gateway."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from crewai import Agent, Crew, Task
from crewai.agent.planning_config import PlanningConfig
from crewai.hooks import ToolCallHookContext, clear_all_global_hooks, register_after_tool_call_hook
from crewai.tools.tool_failure import ToolExecutionFailedError
from crewai.utilities.agent_utils import convert_tools_to_openai_schema

from callgate import Effect, RetryPolicy, Unknown, errors
from callgate.crewai import tools
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.crewai_model import Scripted

Script = list[list[dict[str, Any]]]


def call(name: str, id: str = "call_1", /, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


ORDER = [[call("order", item="tea")]]
TWICE = [[call("order", "a", item="tea"), call("order", "b", item="tea")]]


def clerk(script: Script, given: Any = (), **more: Any) -> Agent:
    model = Scripted(model="scripted", say=lambda turn: script[turn] if turn < len(script) else [])
    return Agent(role="clerk", goal="Order.", backstory="A shop's.", llm=model, tools=list(given), **more)


def task(agent: Agent, description: str = "Order tea.", **more: Any) -> Task:
    return Task(description=description, expected_output="Done.", agent=agent, **more)


def crew(*tasks: Task, **more: Any) -> Crew:
    return Crew(agents=[one.agent for one in tasks if one.agent], tasks=list(tasks), **more)


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def order(item: str, copy: str = "", model_config: str = "", name: str = "") -> dict[str, str]:
            """Order an item."""
            return {"ordered": item}

        @gateway.tool(name="getPrice", effect=Effect.READ)
        def price(item: str) -> dict[str, int]:
            return {"price": 3}

        @gateway.tool
        def lost(item: str) -> Unknown:
            return Unknown("the answer was lost")

        yield gateway


@pytest.fixture
def heard() -> Iterator[list[ToolCallHookContext]]:
    """The calls, as CrewAI's hooks see them after they were made."""
    found: list[ToolCallHookContext] = []

    def listen(context: ToolCallHookContext) -> None:
        found.append(context)

    register_after_tool_call_hook(listen)
    yield found
    clear_all_global_hooks()


def test_a_model_is_shown_the_tools_own_schema(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        shown, _, _ = convert_tools_to_openai_schema([one for one in tools(client, run="7") if one.name == "order"])
    function = shown[0]["function"]
    assert (function["name"], function["description"]) == ("order", "Order an item.")
    assert sorted(function["parameters"]["properties"]) == ["copy", "item", "model_config", "name"]


def test_equal_calls_of_one_message_are_two_and_the_same_kickoff_again_is_none(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        one = crew(task(clerk(TWICE, tools(client, run="7"))))
        for _ in range(2):
            one.kickoff()
        crew(task(clerk(TWICE, tools(client, run="7")))).kickoff()
    assert executions(gateway) == [1, 1]
    assert {one.run_id for one in gateway.calls} == {"7"}


def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            crew(task(clerk(by_the_three(arguments), tools(client, run="7", search=True)))).kickoff()
        shown, _, _ = convert_tools_to_openai_schema(tools(client, run="7", search=True))
    (call_tool,) = (one["function"] for one in shown if one["function"]["name"] == "call_tool")
    assert "string" in json.dumps(call_tool["parameters"]["properties"]["arguments"])
    assert_two_orders_were_made(gateway)


def test_arguments_may_have_the_names_of_what_a_model_of_pydantic_has(gateway: FakeGateway) -> None:
    asked = {"item": "tea", "copy": "one", "model_config": "hot", "name": "Ada"}
    with gateway.client() as client:
        crew(task(clerk([[call("order", **asked)]], tools(client, run="7")))).kickoff()
    assert [one.arguments for one in gateway.calls] == [asked]


def test_a_tool_whose_name_crewai_writes_otherwise_is_told_apart_all_the_same(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        script = [[call("get_price", "a", item="tea"), call("get_price", "b", item="tea")]]
        crew(task(clerk(script, tools(client, run="7")))).kickoff()
    assert [one.tool.name for one in gateway.calls] == ["getPrice"] * 2


def test_the_same_call_in_a_later_turn_and_in_a_later_task_is_another_one(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = tools(client, run="7")
        crew(task(clerk([*ORDER, *ORDER], given)), task(clerk(ORDER, given)), cache=True).kickoff()
    assert executions(gateway) == [1, 1, 1]


def test_the_whole_answer_is_kept_beside_the_text(gateway: FakeGateway, heard: list[ToolCallHookContext]) -> None:
    with gateway.client() as client:
        crew(task(clerk(ORDER, tools(client, run="7")))).kickoff()
    (told,) = heard
    assert json.loads(str(told.tool_result)) == {"ordered": "tea"}
    assert told.raw_tool_result.record["structured_content"] == {"ordered": "tea"}
    assert told.raw_tool_result.record["invocation_id"] == gateway.calls[0].id


def test_an_unknown_outcome_is_told_as_such_and_is_a_failure_for_crewai(
    gateway: FakeGateway, heard: list[ToolCallHookContext]
) -> None:
    with gateway.client() as client:
        ended = crew(task(clerk([[call("lost", item="tea")]], tools(client, run="7")))).kickoff()
    assert "The outcome is unknown" in str(heard[0].tool_result)
    assert "Do not call this tool again" in str(heard[0].tool_result)
    (failed,) = ended.tasks_output[0].tool_failures
    assert (failed.failure.details["standing"], failed.failure.retryable) == ("UNKNOWN", False)
    assert executions(gateway) == [1]


def test_a_task_that_a_guardrail_has_done_again_attaches(gateway: FakeGateway) -> None:
    verdicts = iter([(False, "Say more."), (True, "Done.")])
    with gateway.client() as client:
        crew(task(clerk(TWICE, tools(client, run="7")), guardrail=lambda _: next(verdicts))).kickoff()
    assert next(verdicts, None) is None
    assert executions(gateway) == [1, 1]


def test_a_crew_may_stop_for_an_open_end_and_makes_the_same_call_when_it_is_kicked_off_again(gateway: FakeGateway) -> None:
    with gateway.client(retry=RetryPolicy(patience=0)) as client:
        one = crew(task(clerk(ORDER, tools(client, run="7"))), tool_failure_policy="raise")
        gateway.refuse(errors.GatewayDefect("the gateway is away"))
        with pytest.raises(ToolExecutionFailedError, match="may have been carried out"):
            one.kickoff()
        one.kickoff()
    assert executions(gateway) == [1]


def test_each_kickoff_of_many_has_the_run_that_a_function_says(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = tools(client, run=lambda of: of.task.description)
        crew(task(clerk(ORDER, given), "Order for {who}.")).kickoff_for_each([{"who": "Ada"}, {"who": "Bob"}])
    assert sorted(one.run_id for one in gateway.calls) == ["Order for Ada.", "Order for Bob."]


def test_an_agent_without_a_crew_may_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for _ in range(2):
            clerk([*TWICE, *ORDER], tools(client, run="7")).kickoff("Order tea.")
    assert executions(gateway) == [1, 1, 1]


def test_agents_that_another_agent_asks_have_turns_of_their_own(gateway: FakeGateway) -> None:
    asked = {"task": "Order tea.", "context": "Now.", "coworker": "clerk"}
    with gateway.client() as client:
        for _ in range(2):
            script = [[call("delegate_work_to_coworker", **asked)]] * 2
            boss = Agent(
                role="boss",
                goal="Let order.",
                backstory="A shop's.",
                llm=Scripted(model="scripted", say=lambda turn, script=script: script[turn] if turn < len(script) else []),
                allow_delegation=True,
            )
            Crew(agents=[boss, clerk(ORDER, tools(client, run="7"))], tasks=[task(boss)], cache=False).kickoff()
    assert executions(gateway) == [1, 1]


def test_each_step_of_a_plan_is_a_turn_in_which_equal_calls_are_one(gateway: FakeGateway) -> None:
    steps: list[dict[str, Any]] = [{"step_number": number, "description": "Order tea.", "depends_on": []} for number in (1, 2)]
    steps[1]["depends_on"] = [1]

    class Planner(Scripted):
        def call(self, *_: Any, **__: Any) -> Any:
            return json.dumps({"plan": "Order twice.", "steps": steps, "ready": True})

    with gateway.client() as client:
        plans = PlanningConfig(llm=Planner(model="planner", say=lambda _: []), reasoning_effort="low", max_attempts=1)
        for _ in range(2):
            crew(task(clerk(TWICE, tools(client, run="7"), planning_config=plans))).kickoff()
    assert [one.step for one in gateway.calls] == ["0/plan/0/1", "0/plan/0/2"]
    assert executions(gateway) == [1, 1]


async def test_a_crew_that_is_awaited_may_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        await crew(task(clerk(TWICE, tools(client, run="7")))).akickoff()
    assert executions(gateway) == [1, 1]


def test_a_call_outside_of_an_agent_and_one_without_a_run_are_refused_with_their_cures(
    gateway: FakeGateway, heard: list[ToolCallHookContext]
) -> None:
    with gateway.client() as client:
        order, *_ = (one for one in tools(client, run="7") if one.name == "order")
        with pytest.raises(errors.RequestInvalid, match="outside of an agent"):
            order.run(item="tea")
        crew(task(clerk(ORDER, tools(client, run=lambda _: "")))).kickoff()
    assert "this call belongs to no run" in str(heard[0].tool_result)
    assert executions(gateway) == []


def test_a_crew_may_stop_where_its_run_was_killed(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        client.runs.start("7")
        client.runs.kill("7", "It loops.")
        with pytest.raises(ToolExecutionFailedError, match="make no further calls"):
            crew(task(clerk(ORDER, tools(client, run="7"))), tool_failure_policy="raise").kickoff()
    assert executions(gateway) == []

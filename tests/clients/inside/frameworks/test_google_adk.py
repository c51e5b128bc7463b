"""`callgate.google_adk` in agents and workflows of ADK's, against the SDK's fake gateway."""

from typing import Any

import pytest
from google.adk.agents import LlmAgent, RunConfig
from google.adk.agents.run_config import GetSessionConfig
from google.adk.apps import App
from google.adk.events import Event
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.adk.tools import ToolContext
from google.adk.workflow import Workflow
from google.genai.types import Content, FunctionResponse, Part

from callgate import errors
from callgate.google_adk import tools, tools_async
from callgate.testing import FakeGateway
from tests.clients.inside.made import assert_two_orders_were_made, by_the_three, executions
from tests.clients.scripted.adk_model import ScriptedLlm


@pytest.fixture
def gateway(shop: FakeGateway) -> FakeGateway:
    @shop.tool
    def order(item: str) -> dict[str, str]:
        """Order an item."""
        return {"ordered": item}

    return shop


def call(name: str, id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    return {"name": name, "args": arguments, "id": id}


def scripted(*script: list[dict[str, Any]]) -> ScriptedLlm:
    return ScriptedLlm(say=lambda turn: script[turn] if turn < len(script) else [])


def agent(model: ScriptedLlm, given: list[Any], **more: Any) -> LlmAgent:
    return LlmAgent(name="buyer", model=model, tools=given, **more)


def user(*parts: Part) -> Content:
    return Content(role="user", parts=list(parts) or [Part(text="Order tea.")])


class Play:
    """An app's sessions, and what is played in them."""

    def __init__(self, root: Any) -> None:
        self.sessions = InMemorySessionService()
        self.runner = Runner(app=App(name="shop", root_agent=root), session_service=self.sessions, auto_create_session=True)

    async def turn(self, message: Content | None = None, user_id: str = "ada", **more: Any) -> list[Event]:
        asked = {"user_id": user_id, "session_id": "7", "new_message": message or user()}
        return [event async for event in self.runner.run_async(**asked, **more)]


def answers(events: list[Event]) -> list[Any]:
    return [one.response for event in events for one in event.get_function_responses()]


async def test_a_model_that_is_shown_three_tools_finds_one_and_calls_it_once_for_each_call(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        for arguments in ({"item": "tea"}, '{"item": "tea"}'):
            said = scripted(*by_the_three(arguments))
            events = await Play(agent(said, tools(client, run="7", search=True))).turn()
            assert len(answers(events)) == 3
    assert_two_orders_were_made(gateway)


def breaks_off() -> Any:
    """A callback that fails once, after the tool has acted: the message of the call is never answered."""
    failing = iter([True])

    def after_tool(tool: Any, args: Any, tool_context: ToolContext, tool_response: Any) -> None:
        if next(failing, False):
            raise RuntimeError("the process is not well")

    return after_tool


def test_a_model_is_shown_the_tools_own_schema_and_a_program_the_hints_of_its_effect(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        _, order, price = sorted(tools(client), key=lambda one: one.name)
    shown = order._get_declaration()
    assert (shown.name, shown.description) == ("order", "Order an item.")
    assert list(shown.parameters_json_schema["properties"]) == ["item"]
    assert [one.custom_metadata["readOnlyHint"] for one in (order, price)] == [False, True]


async def test_equal_calls_of_one_message_are_two_and_in_the_next_one_another(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        model = scripted([call("order", "a", item="tea"), call("order", "b", item="tea")], [call("order", "c", item="tea")])
        told = answers(await Play(agent(model, tools(client))).turn())
    assert told == [{"output": '{"ordered": "tea"}'}] * 3
    assert executions(gateway) == [1, 1, 1]
    assert {one.run_id for one in gateway.calls} == {"shop/ada/7"}


async def test_ids_that_a_model_counts_anew_in_each_message_do_not_make_two_calls_one(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        model = scripted(*[[call("order", "call_0", item="tea")]] * 3)
        await Play(agent(model, tools(client))).turn()
    assert executions(gateway) == [1, 1, 1]


async def test_a_message_after_one_that_broke_off_is_at_the_same_step(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        model = scripted([call("order", item="tea")], [call("price", item="tea")])
        play = Play(agent(model, tools(client), after_tool_callback=breaks_off()))
        with pytest.raises(RuntimeError, match="not well"):
            await play.turn()
        assert answers(await play.turn()) == [{"output": '{"ordered": "tea"}'}, {"output": '{"price": 3}'}]
    assert executions(gateway) == [1, 1]


async def test_two_users_may_have_sessions_of_one_name(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        play = Play(agent(scripted([call("order", item="tea")]), tools(client)))
        await play.turn()
        await play.turn(user_id="bob/7")
    assert {one.run_id for one in gateway.calls} == {"shop/ada/7", "shop/bob%2F7/7"}
    assert executions(gateway) == [1, 1]


async def test_turns_of_a_session_that_is_read_in_part_are_told_apart(gateway: FakeGateway) -> None:
    newest = RunConfig(get_session_config=GetSessionConfig(num_recent_events=1))
    with gateway.client() as client:
        play = Play(agent(ScriptedLlm(say=lambda turn: [] if turn else [call("order", item="tea")]), tools(client)))
        for _ in range(2):
            assert len(answers(await play.turn(run_config=newest))) == 1
    assert executions(gateway) == [1, 1]


async def test_a_call_is_made_once_a_person_has_confirmed_it(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        given = tools(client, confirms=lambda offer: not offer.hints.read_only)
        play = Play(agent(scripted([call("order", "a", item="tea"), call("price", "b", item="tea")]), given))
        events = await play.turn()
        assert len(gateway.calls) == 1
        asked = next(one for event in events for one in event.get_function_calls() if one.name.startswith("adk_request"))
        yes = FunctionResponse(id=asked.id, name=asked.name, response={"confirmed": True})
        assert {"output": '{"ordered": "tea"}'} in answers(await play.turn(user(Part(function_response=yes))))
    assert executions(gateway) == [1, 1]


async def test_an_unknown_outcome_is_told_as_such(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        (told,) = answers(await Play(agent(scripted([call("lost", item="tea")]), tools(client))).turn())
    assert "The outcome is unknown" in told["error"]
    assert "Do not call this tool again" in told["error"]


async def test_a_workflows_node_may_be_a_tool(gateway: FakeGateway) -> None:
    with gateway.client() as client:
        order = next(one for one in tools(client, run=lambda context: f"task-{context.session.id}") if one.name == "order")
        play = Play(Workflow(name="buying", edges=[("START", order)]))
        for _ in range(2):
            await play.turn(user(Part(text='{"item": "tea"}')))
    assert {one.run_id for one in gateway.calls} == {"task-7"}
    assert executions(gateway) == [1, 1]


async def test_an_async_client_serves_it(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        play = Play(agent(scripted([call("order", item="tea")]), await tools_async(client, run="task-9")))
        assert answers(await play.turn()) == [{"output": '{"ordered": "tea"}'}]
    assert [one.run_id for one in gateway.calls] == ["task-9"]


async def test_a_run_that_was_killed_ends_the_agents(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        play = Play(agent(scripted([call("order", item="tea")]), await tools_async(client)))
        gateway.refuse(errors.RunKilled("the run 7 was killed"), times=9)
        with pytest.raises(errors.RunKilled, match="Stop now"):
            await play.turn()
    assert executions(gateway) == []

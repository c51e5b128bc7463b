"""A LangGraph agent whose thread is the state of its run, at a live gateway with boxes: it goes on from the run alone."""

import base64
import json
import operator
import os
import signal
from typing import Annotated, Any, TypedDict
from uuid import uuid4

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.graph import END, START, StateGraph

from callgate import errors
from callgate.langgraph import RunCheckpointer
from tests.clients.lives import Relive, said
from tests.clients.stage import PythonOf
from tests.e2e.house import House
from tests.promises.agents.running import Bank, Life, finish
from tests.promises.agents.script import MEANT, SCRIPT

pytestmark = [pytest.mark.docker, pytest.mark.slow]

AGENT = "tests.clients.agents.langgraph_agent"
BASE = {"put", "put_writes", "get_tuple", "list", "delete_thread"}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_agent_that_is_killed_at_each_of_its_requests_acts_once_for_each_call(
    bank: Bank, relive: Relive, python_of: PythonOf, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_RUN", f"graph-{uuid4()}")
    number, python = 1, python_of("frameworks")
    while (life := relive(number, moment, AGENT, "-", "kill", "run", python=python)).returncode == -signal.SIGKILL:
        number += 1
    assert said(life) == [{"done": True}] * sum(map(len, SCRIPT))
    assert bank.effects == MEANT
    assert number > sum(map(len, SCRIPT))


def test_langgraphs_conformance_tests_hold_at_a_live_gateway(house: House, live: Life, python_of: PythonOf) -> None:
    program = live("tests.clients.agents.checkpointer_conformance", python=python_of("frameworks"))
    found = json.loads(finish(program)[-1])
    assert found.keys() == BASE | {"copy_thread", "prune"}
    assert {name: failures for name, (_, failures) in found.items() if failures} == {}
    assert all(passed for passed, _ in found.values())


class State(TypedDict):
    said: Annotated[list[str], operator.add]


def test_a_large_thread_lies_in_one_artifact_and_in_the_run_again_once_it_is_small(house: House) -> None:
    """What is random cannot be made smaller by compression."""
    thread: Any = {"configurable": {"thread_id": f"large-{uuid4()}"}}
    graph = StateGraph(State)
    graph.add_node("speak", lambda _: {"said": [base64.b64encode(os.urandom(1 << 20)).decode()]})
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", lambda state: END if len(state["said"]) >= 3 else "speak")
    before = {one.id for one in house.client.artifacts.list()}
    ended = graph.compile(checkpointer=RunCheckpointer(house.client)).invoke({"said": []}, thread)
    record = house.client.runs.get(thread["configurable"]["thread_id"])
    assert {one.id for one in house.client.artifacts.list()} - before == {record.state_artifact}
    saver = RunCheckpointer(house.client)
    assert graph.compile(checkpointer=saver).get_state(thread).values == ended
    saver.delete_thread(thread["configurable"]["thread_id"])
    assert {one.id for one in house.client.artifacts.list()} == before
    assert saver.get_tuple(thread) is None


def test_a_thread_whose_artifact_is_gone_is_told_with_its_cure_which_works(house: House) -> None:
    thread: Any = {"configurable": {"thread_id": f"lost-{uuid4()}", "checkpoint_ns": ""}}
    saver = RunCheckpointer(house.client)
    large = {"said": base64.b64encode(os.urandom(2 << 20)).decode()}
    saver.put(
        thread, {**empty_checkpoint(), "channel_values": large, "channel_versions": {"said": "1"}}, {"step": 0}, {"said": "1"}
    )
    lost = house.client.runs.get(thread["configurable"]["thread_id"]).state_artifact
    house.client.artifacts.delete(lost)
    with pytest.raises(errors.ArtifactNotFound, match="the thread is lost") as raised:
        saver.get_tuple(thread)
    assert (lost in raised.value.message, "delete_thread" in raised.value.cure) == (True, True)
    saver.delete_thread(thread["configurable"]["thread_id"])
    assert saver.get_tuple(thread) is None
    saver.put(thread, empty_checkpoint(), {"step": 0}, {})

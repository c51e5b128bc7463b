"""What `RunCheckpointer` does where a thread is not its own any more: another process has it, or it is damaged or gone."""

import operator
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.graph import END, START, StateGraph

from callgate import Client, errors
from callgate.langgraph import RunCheckpointer
from callgate.langgraph_state import FORM
from callgate.testing import FakeGateway

THREAD: Any = {"configurable": {"thread_id": "tea"}}
WAIT = 20


class State(TypedDict):
    said: Annotated[list[str], operator.add]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def other(gateway: FakeGateway) -> Iterator[Client]:
    """Another process."""
    with gateway.client() as client:
        yield client


def test_a_graph_that_has_lost_its_thread_has_lost_it_for_all_its_writes(client: Client, other: Client) -> None:
    here, there = RunCheckpointer(client), RunCheckpointer(other)
    first = here.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    assert there.get_tuple(THREAD) is not None
    here.put_writes(first, [("said", "mine")], "task 1")
    for number in range(3):
        with pytest.raises(errors.RunStateMoved):
            there.put_writes(first, [("said", "too late")], f"task {number + 2}")
    with pytest.raises(errors.RunStateMoved):
        there.put(first, empty_checkpoint(), {"step": 1}, {})
    here.put_writes(first, [("said", "mine, too")], "task 9")
    found = there.get_tuple(THREAD)
    assert found is not None
    assert [value for _, _, value in found.pending_writes or []] == ["mine", "mine, too"]
    there.put(first, empty_checkpoint(), {"step": 1}, {})


def test_a_look_at_a_threads_history_does_not_take_it_from_another_process(client: Client, other: Client) -> None:
    here, there = RunCheckpointer(client), RunCheckpointer(other)
    first = here.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    assert there.get_tuple(THREAD) is not None
    here.put_writes(first, [("said", "mine")], "task 1")
    assert len(list(there.list(THREAD))) == 1
    with pytest.raises(errors.RunStateMoved):
        there.put_writes(first, [("said", "too late")], "task 2")


def test_of_two_processes_that_begin_one_thread_one_is_told_to_stop(client: Client, other: Client) -> None:
    here, there = RunCheckpointer(client), RunCheckpointer(other)
    assert here.get_tuple(THREAD) is there.get_tuple(THREAD) is None
    here.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    with pytest.raises(errors.RunStateMoved):
        there.put(THREAD, empty_checkpoint(), {"step": 0}, {})


def test_a_process_of_many_threads_saves_over_none_that_another_has_gone_on_with(client: Client, other: Client) -> None:
    here, there = RunCheckpointer(client), RunCheckpointer(other)
    first = here.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    for number in range(64):
        here.put({"configurable": {"thread_id": f"thread {number}"}}, empty_checkpoint(), {"step": 0}, {})
    here.put_writes(first, [("said", "mine")], "task 1")
    assert there.get_tuple(THREAD) is not None
    there.put_writes(first, [("said", "theirs")], "task 2")
    for number in range(64):
        here.put({"configurable": {"thread_id": f"thread {number}"}}, empty_checkpoint(), {"step": 1}, {})
    with pytest.raises(errors.RunStateMoved):
        here.put_writes(first, [("said", "too late")], "task 3")


@dataclass
class Process:
    """One process that goes on with the thread: each step of its graph has two tasks that end at once."""

    client: Client
    meet: Callable[[], Any]
    ended: Any = None
    raised: list[Exception] = field(default_factory=list)

    def run(self) -> None:
        graph: StateGraph[Any, Any, Any, Any] = StateGraph(State)
        for name in ("left", "right"):
            graph.add_node(name, self._speak)
            graph.add_edge(START, name)
            graph.add_conditional_edges(name, lambda state, to=name: END if len(state["said"]) >= 12 else to)
        try:
            saver = RunCheckpointer(self.client)
            self.ended = graph.compile(checkpointer=saver).invoke(None, THREAD, durability="sync")
        except errors.RunStateMoved as error:
            self.raised.append(error)

    def _speak(self, state: State) -> Any:
        if len(state["said"]) <= 1:
            self.meet()
        return {"said": [f"word {len(state['said'])}"]}


def test_of_two_processes_whose_tasks_end_at_once_one_ends_its_graph(client: Client, other: Client) -> None:
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    for name in ("left", "right"):
        graph.add_node(name, lambda _: {"said": []})
        graph.add_edge(START, name)
    saver = RunCheckpointer(client)
    begun = graph.compile(checkpointer=saver, interrupt_before=["left", "right"])
    begun.invoke({"said": ["begun"]}, THREAD)
    barrier = threading.Barrier(4)
    both = [Process(one, lambda: barrier.wait(WAIT)) for one in (client, other)]
    threads = [threading.Thread(target=one.run) for one in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join(WAIT)
    assert sorted(len(one.raised) for one in both) == [0, 1]
    (winner,) = [one for one in both if not one.raised]
    assert winner.ended["said"] == graph.compile(checkpointer=RunCheckpointer(other)).get_state(THREAD).values["said"]


def damaged(client: Client, damage: Callable[[bytes], bytes]) -> RunCheckpointer:
    """A saver whose thread is kept with this damage."""
    RunCheckpointer(client).put(THREAD, empty_checkpoint(), {"step": 0}, {})
    found = client.runs.get("tea")
    client.runs.save("tea", damage(found.state or b""), version=found.version)
    return RunCheckpointer(client)


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state[:-5],
        lambda state: state.partition(b"\n")[0] + b"\n\xff\xff",
        lambda state: state.partition(b"\n")[0],
        lambda state: FORM + b"none\n" + state.partition(b"\n")[2],
        lambda state: FORM + b"\xff\n" + state.partition(b"\n")[2],
    ],
    ids=["cut", "bad", "empty", "of another kind", "no text"],
)
def test_a_damaged_state_is_told_with_its_cure_which_works(client: Client, damage: Callable[[bytes], bytes]) -> None:
    saver = damaged(client, damage)
    with pytest.raises(errors.RequestInvalid, match="cannot be read") as raised:
        saver.get_tuple(THREAD)
    assert "delete_thread" in raised.value.cure
    assert "does not act again" in raised.value.cure
    saver.delete_thread("tea")
    assert saver.get_tuple(THREAD) is None
    saver.put(THREAD, empty_checkpoint(), {"step": 0}, {})


def test_a_state_of_another_kind_is_not_deleted(client: Client) -> None:
    client.runs.start("tea")
    client.runs.save("tea", b"mine", version=0)
    with pytest.raises(errors.RequestInvalid, match="not saved by a RunCheckpointer"):
        RunCheckpointer(client).delete_thread("tea")


def test_what_several_values_have_in_common_is_kept_once(client: Client, gateway: FakeGateway) -> None:
    """A list that grows by one is another value each time. What is random cannot be made smaller by compression."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    graph.add_node("speak", lambda state: {"said": [f"word {len(state['said'])}"]})
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", lambda state: END if len(state["said"]) >= 12 else "speak")
    large = os.urandom(50_000).hex()
    ended = graph.compile(checkpointer=RunCheckpointer(client)).invoke({"said": [large]}, THREAD)
    assert len(gateway.runs["tea"].state or b"") < 3 * 50_000
    assert graph.compile(checkpointer=RunCheckpointer(client)).get_state(THREAD).values == ended

"""`callgate.langgraph.RunCheckpointer` in graphs, against the SDK's fake gateway."""

import operator
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypedDict

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from callgate import Client, RunStatus, errors
from callgate.langgraph import RunCheckpointer
from callgate.testing import FakeGateway

THREAD: Any = {"configurable": {"thread_id": "tea"}, "recursion_limit": 50}


class Aes:
    """A cipher of the kind that LangGraph asks for."""

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(128))

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(12)
        return "aes", nonce + self._cipher.encrypt(nonce, plaintext, None)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        return self._cipher.decrypt(ciphertext[:12], ciphertext[12:], None)


class State(TypedDict):
    said: Annotated[list[str], operator.add]


class Deltas(TypedDict):
    said: Annotated[list[str], DeltaChannel(lambda said, writes: said + [one for more in writes for one in more])]


def drawn(state: type, *, turns: int, again: bool = False) -> StateGraph[Any, Any, Any, Any]:
    """A graph that speaks so often. `again`: it asks a person before the last turn."""

    def speak(state: Any) -> Any:
        number = len(state["said"])
        word = interrupt("What now?") if again and number == turns - 1 else f"word {number}"
        return {"said": [word]}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(state)
    graph.add_node("speak", speak)
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", lambda state: END if len(state["said"]) >= turns else "speak")
    return graph


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        yield gateway


@pytest.fixture
def other(gateway: FakeGateway) -> Iterator[Client]:
    """Another process."""
    with gateway.client() as client:
        yield client


def words(count: int) -> list[str]:
    return [f"word {number}" for number in range(count)]


def test_another_process_goes_on_from_the_run_alone(client: Client, other: Client) -> None:
    graph = drawn(State, turns=3, again=True)
    graph.compile(checkpointer=RunCheckpointer(client)).invoke({"said": []}, THREAD)
    there = graph.compile(checkpointer=RunCheckpointer(other))
    assert [one.value for one in there.get_state(THREAD).interrupts] == ["What now?"]
    assert there.invoke(Command(resume="enough"), THREAD)["said"] == [*words(2), "enough"]
    assert graph.compile(checkpointer=RunCheckpointer(client)).get_state(THREAD).values["said"] == [*words(2), "enough"]


def test_of_two_processes_that_go_on_with_one_thread_one_is_told_to_stop(client: Client, other: Client) -> None:
    here, there = RunCheckpointer(client), RunCheckpointer(other)
    first = here.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    assert there.get_tuple(THREAD) is not None
    second = there.put(first, empty_checkpoint(), {"step": 1}, {})
    with pytest.raises(errors.RunStateMoved):
        here.put_writes(first, [("said", "too late")], "task")
    found = here.get_tuple(THREAD)
    assert found is not None
    assert (found.config, found.metadata["step"], found.parent_config) == (second, 1, first)


def test_a_run_that_was_killed_stops_its_graph(client: Client, gateway: FakeGateway) -> None:
    said: list[str] = []

    def speak(state: State) -> Any:
        said.append("word")
        client.runs.kill("tea", "It talks too much.")
        return {"said": ["word"]}

    graph = StateGraph(State)
    graph.add_node("speak", speak)
    graph.add_edge(START, "speak")
    graph.add_conditional_edges("speak", lambda state: "speak")
    with pytest.raises(errors.RunKilled):
        graph.compile(checkpointer=RunCheckpointer(client)).invoke({"said": []}, THREAD, durability="sync")
    assert (said, gateway.runs["tea"].status) == (["word"], RunStatus.KILLED)


def test_a_run_that_its_agent_began_with_a_plan_keeps_it(client: Client, gateway: FakeGateway) -> None:
    client.run("tea").start(b"Order tea.")
    drawn(State, turns=1).compile(checkpointer=RunCheckpointer(client)).invoke({"said": []}, THREAD)
    assert gateway.runs["tea"].plan == b"Order tea."


def test_a_state_of_another_kind_is_not_saved_over(client: Client) -> None:
    run = client.run("tea")
    run.start()
    run.save(b"mine")
    with pytest.raises(errors.RequestInvalid, match="not saved by a RunCheckpointer"):
        drawn(State, turns=1).compile(checkpointer=RunCheckpointer(client)).invoke({"said": []}, THREAD)


@pytest.mark.parametrize("state", [State, Deltas])
@pytest.mark.parametrize("keep", [1, 3])
def test_a_long_thread_keeps_its_newest_checkpoints_and_what_they_need(state: type, keep: int, client: Client) -> None:
    saver = RunCheckpointer(client, keep=keep)
    graph = drawn(state, turns=20).compile(checkpointer=saver)
    graph.invoke({"said": []}, THREAD)
    assert graph.get_state(THREAD).values["said"] == words(20)
    assert len(list(saver.list(THREAD))) == keep or state is Deltas
    again = drawn(state, turns=22).compile(checkpointer=RunCheckpointer(client, keep=keep))
    assert again.invoke({"said": ["more"]}, THREAD)["said"] == [*words(20), "more", "word 21"]


def test_a_thread_goes_back_to_an_older_checkpoint(client: Client) -> None:
    graph = drawn(State, turns=3).compile(checkpointer=RunCheckpointer(client))
    graph.invoke({"said": []}, THREAD)
    older = next(one for one in graph.get_state_history(THREAD) if one.values["said"] == words(1))
    forked = graph.update_state(older.config, {"said": ["other"]})
    assert graph.invoke(None, forked)["said"] == ["word 0", "other", "word 2"]
    assert graph.get_state(THREAD).values["said"] == ["word 0", "other", "word 2"]


def test_what_is_over_of_subgraphs_is_not_kept(client: Client) -> None:
    inner = drawn(State, turns=1).compile()
    outer = StateGraph(State)
    outer.add_node("inner", inner)
    outer.add_edge(START, "inner")
    outer.add_conditional_edges("inner", lambda state: END if len(state["said"]) >= 10 else "inner")
    saver = RunCheckpointer(client, keep=2)
    outer.compile(checkpointer=saver).invoke({"said": []}, THREAD)
    namespaces = {one.config["configurable"]["checkpoint_ns"] for one in saver.list(THREAD)}
    assert "" in namespaces
    assert len(namespaces) <= 3


def test_an_encrypted_state_is_one_that_who_sees_the_run_cannot_read(client: Client, gateway: FakeGateway) -> None:
    serde = EncryptedSerializer(Aes())
    graph = drawn(State, turns=2).compile(checkpointer=RunCheckpointer(client, serde=serde))
    assert graph.invoke({"said": []}, THREAD)["said"] == words(2)
    assert b"+aes" in gateway.runs["tea"].state.partition(b"\n")[0]


def test_a_saver_without_a_checkpoint_or_a_thread_is_refused_with_its_cure(client: Client) -> None:
    with pytest.raises(errors.RequestInvalid, match="cannot go on without a checkpoint"):
        RunCheckpointer(client, keep=0)
    with pytest.raises(errors.RequestInvalid, match="all threads"):
        list(RunCheckpointer(client).list(None))
    with pytest.raises(errors.RequestInvalid, match="strategy 'some'"):
        RunCheckpointer(client).prune(["tea"], strategy="some")


async def test_an_async_client_serves_a_graph_that_is_awaited(gateway: FakeGateway) -> None:
    async with gateway.async_client() as client:
        graph = drawn(State, turns=3).compile(checkpointer=RunCheckpointer(client))
        assert (await graph.ainvoke({"said": []}, THREAD))["said"] == words(3)
        history = [one.values["said"] async for one in graph.aget_state_history(THREAD)]
        assert history[:2] == [words(3), words(2)]
        with pytest.raises(errors.RequestInvalid, match="AsyncClient"):
            graph.invoke({"said": []}, THREAD)


def test_tasks_that_end_at_the_same_time_all_keep_their_writes(client: Client, other: Client) -> None:
    saver = RunCheckpointer(client)
    stored = saver.put(THREAD, empty_checkpoint(), {"step": 0}, {})
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda word: saver.put_writes(stored, [("said", word)], f"task of {word}"), words(20)))
    found = RunCheckpointer(other).get_tuple(THREAD)
    assert found is not None
    assert sorted(value for _, _, value in found.pending_writes or []) == sorted(words(20))

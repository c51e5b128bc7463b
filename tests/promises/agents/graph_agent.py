"""A LangGraph agent: `python -m tests.promises.agents.graph_agent DATABASE sync|async|withheld node|send place|call-id`.

- `sync`: each checkpoint is stored before the next step begins. `async`: while it runs. `withheld`: so slowly that in a life
  that is to end only the first one ever is.
- `node`: one node makes all calls of a message, side by side (LangGraph's ToolNode). `send`: each call is a task of its own.
- `place`: a call's key comes from its place in the run. `call-id`: from the framework's id of it, too.
"""

import sqlite3
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Send

from callgate import Client, occurrences
from tests.promises.agents.script import RUN, Call, Stop, message


class Slow(SqliteSaver):
    """A disk on which, until the process dies, only the first checkpoint has arrived."""

    _taken = 0

    def put(self, config: RunnableConfig, checkpoint: Any, metadata: Any, new_versions: Any) -> RunnableConfig:
        self._taken += 1
        if self._taken > 1:
            place = {**config["configurable"], "checkpoint_id": checkpoint["id"]}
            return RunnableConfig(configurable=place)
        return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(self, config: RunnableConfig, writes: Any, task_id: str, task_path: str = "") -> None:
        """None arrives."""


class Agent:
    def __init__(self, client: Client, keys: str) -> None:
        self._run = client.run(RUN)
        self._by_id = keys == "call-id"
        self._stop = Stop.from_environment()

    @property
    def is_to_die(self) -> bool:
        return self._stop.at > 0

    def make(self, messages: Sequence[Any], id: str) -> str:
        """Make the call with this id of the last message. Its step is that message's number in the thread."""
        calls = messages[-1].tool_calls
        place = next(number for number, one in enumerate(calls) if one["id"] == id)
        call, step = calls[place], len(messages)
        if self._by_id:
            invocation = self._run.call(call["name"], call["args"], step=step, call_id=id)
        else:
            nth = occurrences((one["name"], one["args"]) for one in calls)[place]
            invocation = self._run.call(call["name"], call["args"], step=step, occurrence=nth)
        if self._stop.is_here():
            threading.Event().wait()
        return str(invocation.json())


class OneCall(TypedDict):
    """What a task for one call is given."""

    messages: Sequence[Any]
    call: Call


def ask_model(state: MessagesState) -> dict[str, Any]:
    turn = sum(isinstance(one, AIMessage) for one in state["messages"])
    return {"messages": [AIMessage("", tool_calls=message(turn))]}


def calls_of(messages: Sequence[Any]) -> list[Call]:
    return list(messages[-1].tool_calls)


def each_call(state: MessagesState) -> list[Send] | str:
    messages = state["messages"]
    return [Send("tools", OneCall(messages=messages, call=call)) for call in calls_of(messages)] or END


def all_calls(state: MessagesState) -> str:
    return "tools" if calls_of(state["messages"]) else END


def tool_node(agent: Agent) -> ToolNode:
    """LangGraph's own, which makes the calls of a message side by side, in one task."""

    @tool
    def charge(
        account: str,
        body: dict[str, int],
        state: Annotated[dict[str, Any], InjectedState],
        tool_call_id: Annotated[str, InjectedToolCallId],
    ) -> str:
        """Charge an account."""
        return agent.make(state["messages"], tool_call_id)

    return ToolNode([charge], handle_tool_errors=False)


def graph(agent: Agent, tools: str, saver: SqliteSaver) -> Any:
    def make_one(state: OneCall) -> dict[str, Any]:
        call = state["call"]
        return {"messages": [ToolMessage(agent.make(state["messages"], call["id"]), tool_call_id=call["id"])]}

    drawn = StateGraph(MessagesState)
    drawn.add_node("model", ask_model)
    drawn.add_node("tools", make_one if tools == "send" else tool_node(agent))
    drawn.add_edge(START, "model")
    drawn.add_conditional_edges("model", each_call if tools == "send" else all_calls, ["tools", END])
    drawn.add_edge("tools", "model")
    return drawn.compile(checkpointer=saver)


def main(database: str, durability: str, tools: str, keys: str) -> None:
    with closing(sqlite3.connect(database, check_same_thread=False)) as connection, Client.from_environment() as client:
        agent = Agent(client, keys)
        saver = (Slow if durability == "withheld" and agent.is_to_die else SqliteSaver)(connection)
        drawn, config = graph(agent, tools, saver), {"configurable": {"thread_id": RUN}}
        begun = drawn.get_state(config).values
        told = None if begun else {"messages": [HumanMessage("Settle the accounts.")]}
        drawn.invoke(told, config, durability="sync" if durability == "sync" else "async")
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""LangChain's agent on LangGraph, with its checkpoints in SQLite; with `run` behind its name, in the run. Its retry is
ToolRetryMiddleware, without settings."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from callgate import Client
from callgate.langgraph import RunCheckpointer, tools
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.langchain_model import Scripted
from tests.promises.agents.script import RUN, message


@contextmanager
def saver_of(where: str, directory: str, callgate: Client) -> Iterator[BaseCheckpointSaver[str]]:
    if where == "run":
        yield RunCheckpointer(callgate)
        return
    with closing(sqlite3.connect(Path(directory) / "graph.db", check_same_thread=False)) as connection:
        yield SqliteSaver(connection)


def main(directory: str, mode: str, where: str = "file") -> None:
    with client(mode) as callgate, saver_of(where, directory, callgate) as saver:
        retries = [ToolRetryMiddleware()] if mode == "retry" else []
        agent = create_agent(Scripted(say=message), tools(callgate, "bank"), checkpointer=saver, middleware=retries)
        config = {"configurable": {"thread_id": RUN}}
        begun = agent.get_state(config).values
        ended = agent.invoke(None if begun else {"messages": [("user", TASK)]}, config, durability="sync")
        tell(one.content for one in ended["messages"] if isinstance(one, ToolMessage))


if __name__ == "__main__":
    main(*sys.argv[1:])

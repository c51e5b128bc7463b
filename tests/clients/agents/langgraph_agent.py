"""LangChain's agent on LangGraph, with its checkpoints in SQLite. Its retry is ToolRetryMiddleware, without settings."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.sqlite import SqliteSaver

from callgate.langgraph import tools
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.langchain_model import Scripted
from tests.promises.agents.script import RUN, message


def main(directory: str, mode: str) -> None:
    file = Path(directory) / "graph.db"
    with closing(sqlite3.connect(file, check_same_thread=False)) as connection, client(mode) as callgate:
        retries = [ToolRetryMiddleware()] if mode == "retry" else []
        agent = create_agent(
            Scripted(say=message), tools(callgate, "bank"), checkpointer=SqliteSaver(connection), middleware=retries
        )
        config = {"configurable": {"thread_id": RUN}}
        begun = agent.get_state(config).values
        ended = agent.invoke(None if begun else {"messages": [("user", TASK)]}, config, durability="sync")
        tell(one.content for one in ended["messages"] if isinstance(one, ToolMessage))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""LangChain's agent on LangGraph, with its checkpoints in SQLite; its retry is ToolRetryMiddleware, as it is without settings."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.sqlite import SqliteSaver

from callgate.langgraph import tools
from tests.clients.agents.playing import TASK, client, tell
from tests.promises.agents.script import RUN, message


class Scripted(BaseChatModel):
    """The script in the place of a model. How much of it was said, the conversation tells."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> "Scripted":
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        turn = sum(isinstance(one, AIMessage) for one in messages)
        said = AIMessage("", tool_calls=message(turn))
        return ChatResult(generations=[ChatGeneration(message=said)])


def main(directory: str, mode: str) -> None:
    file = Path(directory) / "graph.db"
    with closing(sqlite3.connect(file, check_same_thread=False)) as connection, client(mode) as callgate:
        retries = [ToolRetryMiddleware()] if mode == "retry" else []
        agent = create_agent(Scripted(), tools(callgate, "bank"), checkpointer=SqliteSaver(connection), middleware=retries)
        config = {"configurable": {"thread_id": RUN}}
        begun = agent.get_state(config).values
        ended = agent.invoke(None if begun else {"messages": [("user", TASK)]}, config, durability="sync")
        tell(one.content for one in ended["messages"] if isinstance(one, ToolMessage))


if __name__ == "__main__":
    main(*sys.argv[1:])

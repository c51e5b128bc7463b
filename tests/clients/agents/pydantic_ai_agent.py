"""An agent of Pydantic AI. Its retry is a hook around the execution of tools."""

import sys
from typing import Any

from pydantic_ai import Agent
from pydantic_ai.capabilities import Hooks
from pydantic_ai.messages import ModelRequest, ToolReturnPart

from callgate.adapters import CallUnsettled
from callgate.pydantic_ai import tools
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.pydantic_ai_model import scripted
from tests.promises.agents.script import RUN, message


async def try_again(context: Any, *, args: Any, handler: Any, **_: Any) -> Any:
    while True:
        try:
            return await handler(args)
        except CallUnsettled:
            continue


def main(_: str, mode: str) -> None:
    with client(mode) as callgate:
        hooks: Hooks[Any] = Hooks()
        if mode == "retry":
            hooks.on.tool_execute(try_again)
        agent = Agent(scripted(message), tools=tools(callgate, "bank"), capabilities=[hooks])
        ended = agent.run_sync(TASK, conversation_id=RUN)
        parts = [part for one in ended.all_messages() if isinstance(one, ModelRequest) for part in one.parts]
        tell(part.content for part in parts if isinstance(part, ToolReturnPart))


if __name__ == "__main__":
    main(*sys.argv[1:])

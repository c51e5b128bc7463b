"""An agent of Microsoft Agent Framework. It keeps no state: its conversation is begun again, in the same run. Its retry is the
middleware of the framework's documentation, which runs the agent again."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from agent_framework import Agent, AgentContext, AgentMiddleware, MiddlewareFailure

from callgate.agent_framework import tools_async
from tests.clients.agents.playing import TASK, async_client, tell
from tests.clients.scripted.agent_framework_model import Scripted
from tests.promises.agents.script import RUN, message


class Again(AgentMiddleware):
    async def process(self, context: AgentContext, call_next: Callable[[], Awaitable[None]]) -> None:
        while context.result is None:
            try:
                await call_next()
            except MiddlewareFailure:
                continue


async def main(_: str, mode: str) -> None:
    async with async_client(mode) as callgate:
        given = await tools_async(callgate, "bank", run=RUN)
        retries = [Again()] if mode == "retry" else []
        ended = await Agent(Scripted(message), context_providers=[given], middleware=retries).run(TASK)
    contents = [one for said in ended.messages for one in said.contents]
    tell(one.result for one in contents if one.type == "function_result")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

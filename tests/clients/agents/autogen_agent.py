"""An assistant of AutoGen's. It keeps no state: its conversation is begun again, in the same run. With `loop` behind its name,
AutoGen's loop of core, and its ToolAgent. Neither calls a tool again by itself."""

import asyncio
import sys

from autogen_agentchat.agents import AssistantAgent
from autogen_core import AgentId, SingleThreadedAgentRuntime
from autogen_core.model_context import UnboundedChatCompletionContext
from autogen_core.models import FunctionExecutionResultMessage, LLMMessage, UserMessage
from autogen_core.tool_agent import ToolAgent, tool_agent_caller_loop

from callgate import AsyncClient
from callgate.autogen import Overheard, tools_async
from tests.clients.agents.playing import TASK, async_client, tell
from tests.clients.scripted.autogen_model import Scripted
from tests.promises.agents.script import RUN, message


async def assistant(callgate: AsyncClient) -> list[LLMMessage]:
    context = UnboundedChatCompletionContext()
    given = await tools_async(callgate, "bank", run=RUN, messages=context)
    agent = AssistantAgent("clerk", Scripted(message), tools=given, model_context=context, max_tool_iterations=20)
    await agent.run(task=TASK)
    return list(await context.get_messages())


async def loop(callgate: AsyncClient) -> list[LLMMessage]:
    model = Overheard(Scripted(message))
    given = await tools_async(callgate, "bank", run=RUN, messages=model)
    runtime = SingleThreadedAgentRuntime()
    await ToolAgent.register(runtime, "tools", lambda: ToolAgent("The bank's.", given))
    runtime.start()
    begun: list[LLMMessage] = [UserMessage(content=TASK, source="user")]
    said = await tool_agent_caller_loop(runtime, AgentId("tools", "default"), model, begun, [one.schema for one in given])
    await runtime.stop()
    return list(said)


async def main(_: str, mode: str, kind: str = "assistant") -> None:
    async with async_client(mode) as callgate:
        said = await (loop if kind == "loop" else assistant)(callgate)
    results = [one for one in said if isinstance(one, FunctionExecutionResultMessage)]
    tell(result.content for one in results for result in one.content)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

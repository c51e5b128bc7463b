"""LlamaIndex's agent, whose Context is written to a file with each of its events. Its retry is that of its workflow's step."""

import asyncio
import json
import sys
from pathlib import Path

from llama_index.core.agent.workflow import FunctionAgent, ToolCall, ToolCallResult
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.workflow import Context, step
from workflows.retry_policy import retry_policy, wait_none

from callgate.llama_index import tools_async
from tests.clients.agents.playing import TASK, async_client, tell
from tests.clients.scripted.index_model import scripted
from tests.promises.agents.script import RUN, message


class Persistent(FunctionAgent):
    """LlamaIndex shows its model what a tool raises, unless the step raises it again."""

    @step(retry_policy=retry_policy(wait=wait_none()))
    async def call_tool(self, ctx: Context, ev: ToolCall) -> ToolCallResult:
        called = await super().call_tool(ctx, ev)
        if called.tool_output.exception is not None:
            raise called.tool_output.exception
        return called


async def main(directory: str, mode: str) -> None:
    file = Path(directory) / "context.json"
    async with async_client(mode) as callgate:
        kind = Persistent if mode == "retry" else FunctionAgent
        agent = kind(llm=scripted(message), tools=await tools_async(callgate, "bank", run=RUN))
        handler = agent.run(ctx=await _restored(agent, file)) if file.exists() else agent.run(TASK)
        async for _ in handler.stream_events():
            _write(file, json.dumps(handler.ctx.to_dict()))
        tell(call.tool_output.content for call in (await handler).tool_calls)


async def _restored(agent: FunctionAgent, file: Path) -> Context:
    """A Context leaves its memory out: this agent has had no turn before."""
    context = Context.from_dict(agent, json.loads(file.read_text()))
    await context.store.set("memory", ChatMemoryBuffer.from_defaults(llm=agent.llm))
    return context


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

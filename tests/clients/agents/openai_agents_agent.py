"""An agent of OpenAI's Agents SDK. The framework tries no tool again, so the program runs the agent again, in the same run."""

import sys

from agents import Agent, RunConfig, Runner, RunResult, ToolCallOutputItem

from callgate.adapters import CallUnsettled
from callgate.openai_agents import CallgateHooks, tools
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.agents_model import Scripted
from tests.promises.agents.script import RUN, message

QUIET = RunConfig(tracing_disabled=True)


def run(agent: Agent) -> RunResult:
    while True:
        try:
            return Runner.run_sync(agent, TASK, hooks=CallgateHooks(RUN), run_config=QUIET)
        except CallUnsettled:
            continue


def main(_: str, mode: str) -> None:
    with client(mode) as callgate:
        ended = run(Agent("Clerk", model=Scripted(message), tools=tools(callgate, "bank")))
        tell(one.output for one in ended.new_items if isinstance(one, ToolCallOutputItem))


if __name__ == "__main__":
    main(*sys.argv[1:])

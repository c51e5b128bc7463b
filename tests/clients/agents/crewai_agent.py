"""A crew of one agent. It keeps no state: it is kicked off again, in the same run. With `writing` behind its name, its model
writes its calls out, and CrewAI's retry of those is on, as it is by itself; where a model calls functions it has none."""

import sys

from crewai import Agent, Crew, Task
from crewai.hooks import ToolCallHookContext, register_after_tool_call_hook

from callgate.crewai import tools
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.crewai_model import Scripted, Writing
from tests.promises.agents.script import RUN, message


def main(_: str, mode: str, kind: str = "calling") -> None:
    shown: list[str] = []

    def listen(context: ToolCallHookContext) -> None:
        # Behind some answers CrewAI tells a model that writes its calls out again how to.
        shown.append(str(context.tool_result).partition("\n\n\n")[0])

    register_after_tool_call_hook(listen)
    with client(mode) as callgate:
        model = (Writing if kind == "writing" else Scripted)(model="scripted", say=message)
        clerk = Agent(role="clerk", goal=TASK, backstory="A bank's.", llm=model, tools=tools(callgate, "bank", run=RUN))
        Crew(agents=[clerk], tasks=[Task(description=TASK, expected_output="Done.", agent=clerk)]).kickoff()
    tell(shown)


if __name__ == "__main__":
    main(*sys.argv[1:])

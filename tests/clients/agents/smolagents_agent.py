"""An agent of smolagents, which keeps no state, so it begins anew; with `code` behind its name, one that writes code. Its retry
is its own way with each error: it asks its model to try again."""

import json
import sys

from smolagents import CodeAgent, LogLevel, ToolCallingAgent
from smolagents.memory import ActionStep

from callgate.smolagents import equip
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.smol_model import ScriptedCalls, ScriptedCode
from tests.promises.agents.script import RUN, message


def main(_: str, mode: str, kind: str = "calls") -> None:
    quiet = {"verbosity_level": LogLevel.OFF}
    with client(mode) as callgate:
        bare = (
            ToolCallingAgent(tools=[], model=ScriptedCalls(message), **quiet)
            if kind == "calls"
            else CodeAgent(tools=[], model=ScriptedCode(message), additional_authorized_imports=["json"], **quiet)
        )
        agent = equip(bare, callgate, "bank", run=RUN)
        agent.run(TASK)
        steps = [one for one in agent.memory.steps if isinstance(one, ActionStep) and one.error is None]
        tell(line for step in steps for line in (step.observations or "").splitlines() if _is_answer(line))


def _is_answer(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])

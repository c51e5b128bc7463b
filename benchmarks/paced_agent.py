"""An agent of an adapter's test, whose model waits: `python -m benchmarks.paced_agent DIRECTORY MODULE WORD…`.

It runs by its framework's interpreter. Its model answers a turn, with one call of the tool `charge`, when a line comes on
standard input, and ends at its end. When it is asked for the next turn, it prints `turn` and the milliseconds since: what the
framework, its adapter and the call have taken. Then those of the call alone, from the adapter's toolbox to its answer.
"""

import runpy
import sys
from time import perf_counter
from typing import Any
from uuid import uuid4

from callgate.adapters import Toolbox
from tests.promises.agents import script


class Paced:
    """In the place of the script of the tests' agents."""

    begun = 0.0
    call = 0.0

    def __init__(self) -> None:
        self.said = list[list[dict[str, Any]]]()

    def message(self, turn: int) -> list[dict[str, Any]]:
        if turn < len(self.said):  # a model that writes one call a message goes through the script from its beginning
            return self.said[turn]
        took = 1000 * (perf_counter() - self.begun)
        if self.begun:
            sys.stdout.write(f"turn {took} {self.call}\n")
            sys.stdout.flush()
        if not sys.stdin.readline():
            return []
        self.begun = perf_counter()
        # No two turns ask for the same: CrewAI ends an agent that goes on asking for what it was answered.
        self.said.append([{"name": "charge", "args": {"turn": turn}, "id": f"call_{uuid4().hex}", "type": "tool_call"}])
        return self.said[turn]

    def watch(self, toolbox: type[Toolbox]) -> None:
        call, call_async = toolbox.call, toolbox.call_async

        def timed(*words: Any) -> Any:
            begun = perf_counter()
            answer = call(*words)
            self.call = 1000 * (perf_counter() - begun)
            return answer

        async def timed_async(*words: Any) -> Any:
            begun = perf_counter()
            answer = await call_async(*words)
            self.call = 1000 * (perf_counter() - begun)
            return answer

        toolbox.call, toolbox.call_async = timed, timed_async  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    _, directory, module, *words = sys.argv
    paced = Paced()
    paced.watch(Toolbox)
    script.message = paced.message
    sys.argv = [module, directory, "kill", *words]
    runpy.run_module(module, run_name="__main__")

"""What the agents' model says: a script in the place of a language model, which says the same each time it is asked.

Only the ids of its calls are new each time, as a model's are.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

Call = dict[str, Any]

#: The run, of whose place all keys are made: the same in each life.
RUN = os.environ.get("AGENT_RUN", "")

RENT, FEE, TIP = ("ada", 900), ("ada", 25), ("bob", 3)

#: Of each message the charges. In the first two are equal, and mean two; the last asks again what the first has asked.
SCRIPT = ((RENT, FEE, FEE), (TIP, RENT), (FEE,))

#: What the script means, as the bank counts it.
MEANT = {"ada 900": 2, "ada 25": 3, "bob 3": 1}


def message(turn: int) -> list[Call]:
    """The calls of the model's message in a turn, in the form of LangChain; none: it has done what it was to do."""
    said = SCRIPT[turn] if turn < len(SCRIPT) else ()
    return [{"name": "charge", "args": arguments(*one), "id": f"call_{uuid4().hex}", "type": "tool_call"} for one in said]


def arguments(account: str, amount: int) -> dict[str, Any]:
    return {"account": account, "body": {"amount": amount}}


@dataclass
class Stop:
    """Where a life of an agent stops: after its answer number `at`, and before it can write that down. Here it is killed."""

    at: int
    _answered: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Stop":
        """Without STOP_AT, it goes on to its end."""
        return cls(int(environ.get("STOP_AT", "0")))

    def is_here(self) -> bool:
        """To be asked once after each answer. Tells the test, too."""
        with self._counting:
            self._answered += 1
            here = 0 < self.at <= self._answered
            if here:
                print("stopped", flush=True)
            return here

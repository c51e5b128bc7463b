"""An agent of an adapter on its stage: where it is started, again and again, and the bank that counts what it does."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.clients.adapters import Adapter
from tests.e2e.house import eventually
from tests.promises.agents.running import ENDS_WITHIN, Bank, Life

#: The interpreter of an environment.
PythonOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Stage:
    """`home`: where the agent keeps its state, and how its run is called."""

    bank: Bank
    live: Life
    python_of: PythonOf
    home: Path

    def start(self, adapter: Adapter, mode: str, address: str = "") -> "subprocess.Popen[str]":
        """The agent, begun or resumed. `address`: that of what stands before the gateway."""
        python = self.python_of(adapter.environment)
        return self.live(adapter.module, str(self.home), mode, *adapter.words, python=python, address=address)

    def await_effects(self, adapter: Adapter) -> None:
        """Return once the first message's calls have acted, as many as the framework has under way at once."""
        eventually(lambda: sum(self.bank.effects.values()) == adapter.at_once, ENDS_WITHIN, "the first message's effects")

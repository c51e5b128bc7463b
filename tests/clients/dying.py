"""A life of an agent that ends by SIGKILL: `python -m tests.clients.dying NUMBER before|after MODULE WORD…`.

It dies at its request of that number, counted from 1: before that is sent, or when its answer has come, and the agent has not
seen it. The gateway, and the upstream, have then done what was asked. With number 0 it lives on.
"""

import itertools
import os
import runpy
import signal
import sys
from typing import Any

from callgate.session import Session


def dies_at(number: int, moment: str) -> None:
    """Let this process die so."""
    requests, ask = itertools.count(1), Session.once

    async def once(session: Session, rpc: Any, request: Any, seconds: float | None) -> Any:
        here = next(requests) == number
        if here and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return await ask(session, rpc, request, seconds)
        finally:
            # A refusal is an answer, too.
            if here:
                os.kill(os.getpid(), signal.SIGKILL)

    Session.once = once  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    _, number, moment, module, *words = sys.argv
    dies_at(int(number), moment)
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__")

"""Callers: each sends one call with one key, through any gateway, again and again until it has an outcome."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

from benchmarks.faults.arena import Arena
from callgate import Invocation
from callgate.errors import CallgateError, RequestRefused
from callgate.keys import new_key
from gateway.model.principal import Principal
from gateway.pipeline.call import invocation_id

#: Seconds after which a call without an outcome counts as lost.
PATIENCE = 120.0
_TRY_SECONDS = 15.0
_CALL_SECONDS = 45.0
_PAUSE = 0.3
_OPERATOR = Principal("local", "operator", "operator")
_TOOLS = ("create_charge", "create_charge", "create_charge", "replace_charge", "read_charge")


@dataclass(slots=True)
class Call:
    """One caller's call, and its answer, which stays None where the caller got no outcome in time."""

    charge: str
    tool: str
    key: str = field(default_factory=new_key)
    answer: Invocation | None = None

    @property
    def id(self) -> str:
        return invocation_id(_OPERATOR, self.key)

    @property
    def arguments(self) -> dict[str, Any]:
        body = {} if self.tool == "read_charge" else {"body": {"amount": 1}}
        return {"charge": self.charge, **body}


@dataclass(slots=True)
class Callers:
    arena: Arena
    dice: Random
    calls: list[Call] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    async def make(self, number: int) -> None:
        """Make one call, to its outcome. Raises RequestRefused where a gateway refuses a sound request, which is a defect."""
        call = Call(f"c{number}", self.dice.choice(_TOOLS))
        self.calls.append(call)
        started = monotonic()
        while call.answer is None and monotonic() - started < PATIENCE:
            call.answer = await self._ask(call)
            if call.answer is None:
                await asyncio.sleep(self.dice.random() * _PAUSE)

    async def _ask(self, call: Call) -> Invocation | None:
        client = self.dice.choice(self.arena.gateways).client
        try:
            async with asyncio.timeout(_TRY_SECONDS):
                answer = await client.call(call.tool, call.arguments, key=call.key, timeout=_CALL_SECONDS)
        except RequestRefused:
            raise
        except (CallgateError, TimeoutError) as error:
            self.errors[type(error).__name__] += 1
            return None
        return answer if answer.outcome is not None else None

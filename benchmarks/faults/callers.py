"""Callers: each sends one call with one key, again and again until it has an outcome, and then asks another gateway of it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from time import monotonic
from typing import Any

import structlog

from benchmarks.faults.arena import TENANTS, Arena
from benchmarks.faults.calls import CREATE, READ, REPLACE, Answer, Call, Refusal
from benchmarks.faults.gateways import GatewayUnderTest
from callgate.errors import CallgateError, RequestRefused, StoreRolledBack
from callgate.fault_code import FaultCode

log = structlog.get_logger(__name__)

#: Seconds after which a call without an outcome counts as lost.
PATIENCE = 120.0
#: Seconds after which a caller gives up a gateway's answer and asks again: some are in a hurry.
_TRY_SECONDS = (2.0, 5.0, 15.0)
_CALL_SECONDS = 45.0
_PAUSE = 0.3
_TOOLS = (CREATE, CREATE, CREATE, REPLACE, READ)
#: Why a call ends that the gateway has claimed, and was not allowed to let go.
_NOT_PERMITTED = {FaultCode.STORE_ROLLED_BACK, FaultCode.STORE_UNAVAILABLE, FaultCode.PERMISSION_REFUSED}
#: What the cure of a refusal names where the store's history is in question, and it is not only away.
_OF_HISTORY = "callgate store"
#: How many calls may wait for what another gateway says of their keys, before new ones wait for them.
_REPEATS = 64
#: How many keys are asked of at a time after the storm.
_FINAL_ASKERS = 16


@dataclass(slots=True)
class Callers:
    """`given_up`: set where the storm is broken off, because no call gets through any more."""

    arena: Arena
    dice: Random
    calls: list[Call] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: "count[int]" = field(default_factory=count)
    _working: set[asyncio.Task[Any]] = field(default_factory=set)
    _repeats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_REPEATS))

    async def make(
        self,
        *,
        tool: str | None = None,
        tenant: str | None = None,
        at: GatewayUnderTest | None = None,
        only: bool = False,
    ) -> Call:
        """Make one call, to its outcome, and ask of its key once more in the background. `at`: the gateway that gets it first;
        with `only`, no other gateway gets it before its end."""
        tool, tenant = tool or self.dice.choice(_TOOLS), tenant or self.dice.choice(TENANTS)
        call = Call(f"c{next(self._numbers)}", tool, tenant, began=monotonic())
        await self._repeats.acquire()
        self.calls.append(call)
        anywhere = self.arena.gateways
        call.first, where = await self._until_answered(call, [at] if at else anywhere, [at] if at and only else anywhere)
        call.ended = monotonic()
        others = [gateway for gateway in anywhere if gateway is not where]
        self.begin(self._ask_again(call, others))
        return call

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something in the background; see `finish`."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def finish(self) -> None:
        """Wait for what was begun. Raises what that has raised."""
        while self._working:
            await asyncio.gather(*self._working)

    async def ask_of_all(self) -> None:
        """Ask of each key a last time, any gateway."""
        left = iter(self.calls)

        async def asker() -> None:
            for call in left:
                call.finally_, _ = await self._until_answered(call, self.arena.gateways, self.arena.gateways)

        await asyncio.gather(*(asyncio.create_task(asker()) for _ in range(_FINAL_ASKERS)))

    async def _ask_again(self, call: Call, others: Sequence[GatewayUnderTest]) -> None:
        try:
            call.again_after = monotonic() - call.ended
            if call.first is not None:
                call.again, _ = await self._until_answered(call, others, others)
        finally:
            self._repeats.release()

    async def _until_answered(
        self, call: Call, first: Sequence[GatewayUnderTest], then: Sequence[GatewayUnderTest]
    ) -> tuple[Answer | None, GatewayUnderTest]:
        """The answer, None where there is none in time, and the gateway that was asked last."""
        started, gateway = monotonic(), self.dice.choice(first)
        while (answer := await self._ask(call, gateway)) is None:
            if monotonic() - started > PATIENCE or self.given_up.is_set():
                break
            await asyncio.sleep(self.dice.random() * _PAUSE)
            gateway = self.dice.choice(then)
        return answer, gateway

    async def _ask(self, call: Call, gateway: GatewayUnderTest) -> Answer | None:
        arguments = {"charge": call.charge, **({"body": {"amount": 1}} if call.acts else {})}
        client = gateway.clients[call.tenant]
        try:
            async with asyncio.timeout(self.dice.choice(_TRY_SECONDS)):
                answer = Answer.of(await client.call(call.tool, arguments, key=call.key, timeout=_CALL_SECONDS))
        except (CallgateError, TimeoutError) as error:
            self._note(call, error)
            return None
        if answer and getattr(answer.outcome, "fault", None) in _NOT_PERMITTED:
            self.refusals.append(Refusal(monotonic(), call.acts))
        return answer

    def _note(self, call: Call, error: Exception) -> None:
        self.errors[type(error).__name__] += 1
        if isinstance(error, StoreRolledBack) or _OF_HISTORY in getattr(error, "cure", ""):
            self.refusals.append(Refusal(monotonic(), call.acts))
        if isinstance(error, RequestRefused):  # a defect: the request is sound
            log.error("sound_request_refused", charge=call.charge, error=str(error))

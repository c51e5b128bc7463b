"""Carry an invocation out with all that its version has: attempts, then its fallback, and its probe where nobody knows."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from gateway.model.errors import BoxNotGone, ReviewNotOpen, StoreUnavailable
from gateway.model.invocation import Attempt, Invocation, Outcome, State, Verdict
from gateway.pipeline.attempt import LEASE
from gateway.pipeline.attempt_loop import Carrier
from gateway.pipeline.execution import Work
from gateway.pipeline.fallback_and_probe import HAPPENED, OPEN, Ask, answer_of, fall_back, find_out
from gateway.records.ledger.protocol import Fenced, Hold, Ledger, Resolution
from registry.model.tool import Probe

log = structlog.get_logger(__name__)

BOX_GONE_WITHIN = 10.0
LOOK_EVERY = 0.05
#: Seconds to wait until the box of the last attempt is confirmed gone, and between two looks: no probe asks while it could act.


@dataclass(slots=True)
class Performing:
    carrier: Carrier
    ledger: Ledger
    _settling: set[str] = field(default_factory=set)

    def settles(self, id: str) -> bool:
        """Whether it is being found out here what became of this invocation."""
        return id in self._settling

    async def perform(self, work: Work, hold: Hold, ask: Ask, *, past: tuple[Attempt, ...] = (), judged: int = 0) -> Invocation:
        """Until the invocation has ended, as well as it can be known. Raises as `Carrier.carry_out` does."""
        ended = await self.carrier.carry_out(work, hold, partial(fall_back, ask), past=past, judged=judged)
        return await self.settle(work, ended, ask)

    async def settle(self, work: Work, invocation: Invocation, ask: Ask) -> Invocation:
        """Find out what happened, where it is unknown and the version has a probe; then end it, or make another attempt.

        What stays open waits for a person.
        """
        probe = work.version.draft.probe
        if invocation.state is not State.UNKNOWN or probe is None or _source(invocation):
            return invocation
        self._settling.add(invocation.id)
        try:
            return await self._find_out(work, invocation, probe, ask)
        except StoreUnavailable as error:  # no refusal of the call: that was made, and its end is on record
            log.warning("left_to_a_person", invocation=invocation.id, reason=type(error).__name__)
            return invocation
        finally:
            self._settling.discard(invocation.id)

    async def _find_out(self, work: Work, invocation: Invocation, probe: Probe, ask: Ask) -> Invocation:
        if not await self._box_gone(invocation):
            return invocation
        await asyncio.sleep(probe.settle)
        attempts = len(invocation.attempts)
        found, value = await find_out(ask, work, invocation.id, probe, attempts)
        if found == OPEN:
            return invocation
        outcome = self._happened(work, probe, value) if found == HAPPENED else _not_happened(work, probe, invocation)
        reason = f"The probe found: {found}."
        more = 1 + (work.fallback is not None)
        resolution = Resolution(f"probe:{probe.tool}", reason, outcome, more, work.remaining, seen=attempts)
        with suppress(ReviewNotOpen, BoxNotGone):  # somebody else was faster
            await self.ledger.resolve(invocation.principal.tenant, invocation.id, resolution)
            if outcome is None:
                return await self._again(work, invocation, ask)
        return await self._standing(invocation)

    async def _again(self, work: Work, invocation: Invocation, ask: Ask) -> Invocation:
        tenant, id = invocation.principal.tenant, invocation.id
        try:
            hold = await self.ledger.resume(tenant, id, lease=LEASE)
            judged = len(invocation.attempts)
            further = replace(work, max_attempts=judged + 1 + (work.fallback is not None))
            return await self.perform(further, hold, ask, past=invocation.attempts, judged=judged)
        except Fenced:  # another gateway goes on with it
            async for _ in self.ledger.events(tenant, id):
                pass
            return await self._standing(invocation)

    async def _standing(self, invocation: Invocation) -> Invocation:
        return await self.ledger.read(invocation.principal.tenant, invocation.id) or invocation

    async def _box_gone(self, invocation: Invocation) -> bool:
        for _ in range(int(BOX_GONE_WITHIN / LOOK_EVERY)):
            if await self.ledger.box_gone(invocation.principal.tenant, invocation.id):
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False

    def _happened(self, work: Work, probe: Probe, value: object) -> Outcome:
        matches = self.carrier.checker.matches(work.version, value) if work.version.draft.output_schema is not None else None
        return Outcome(Verdict.SUCCEEDED, answer_of(value, matches), source=f"probe:{probe.tool}")


def _source(invocation: Invocation) -> str:
    return invocation.outcome.source if invocation.outcome else ""


def _not_happened(work: Work, probe: Probe, invocation: Invocation) -> Outcome | None:
    """None: another attempt is to be made. Not for a caller that has cancelled, nor out of time or attempts."""
    was = invocation.outcome
    if was is not None and was.fault == Verdict.CANCELLED:
        return Outcome(Verdict.CANCELLED, fault=was.fault, source=f"probe:{probe.tool}")
    if work.remaining > 0 and len(invocation.attempts) < work.version.draft.limits.max_attempts:
        return None
    verdict = Verdict.TIMED_OUT if work.remaining <= 0 else Verdict.TOOL_FAILED
    message = "It did not happen, as the probe found, and there was no time or attempt left to make it."
    return Outcome(verdict, fault=was.fault if was else "", message=message, source=f"probe:{probe.tool}")

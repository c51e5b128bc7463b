"""Settles an invocation with all that its version has: attempts, then its fallback, and its probe where the end is unknown."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from gateway.decisions.history import History
from gateway.model.errors import BoxNotGone, GatewayError, ReviewNotOpen, StoreRolledBack, StoreUnavailable
from gateway.model.invocation import Invocation, InvocationState, Outcome, Verdict
from gateway.pipeline.attempt import LEASE
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.execution import Execution
from gateway.pipeline.fallback_and_probe import HAPPENED, NOT_ASKED, OPEN, Ask, answer_of, ask_probe, call_fallback
from gateway.records.ledger.protocol import Fenced, FencedLease, Ledger, Resolution
from registry.model.tool import Probe
from sandbox.api.fault_code import FaultCode

log = structlog.get_logger(__name__)

# Seconds to wait until the box of the last attempt is confirmed gone, and between two looks: no probe asks while it could act.
BOX_GONE_WITHIN = 10.0
LOOK_EVERY = 0.05


NO_ATTEMPTS = History()


@dataclass(slots=True)
class Settlement:
    attempt_loop: AttemptLoop
    ledger: Ledger
    _probing: set[str] = field(default_factory=set)

    def is_probing(self, id: str) -> bool:
        """Whether this gateway asks a probe now what became of this invocation."""
        return id in self._probing

    async def attempts_then_probe(
        self, execution: Execution, held: FencedLease, ask: Ask, history: History = NO_ATTEMPTS
    ) -> Invocation:
        """Until the invocation has ended, as well as it can be known. Raises as `attempts_then_fallback` does."""
        ended = await self.attempt_loop.attempts_then_fallback(execution, held, partial(call_fallback, ask), history)
        return await self.probe_unknown(execution, ended, ask)

    async def probe_unknown(self, execution: Execution, invocation: Invocation, ask: Ask) -> Invocation:
        """Find out what happened, where it is unknown and the version has a probe; then end it, or make another attempt.

        What stays open waits for a person, and where the probe could not be asked, for maintenance, too.
        """
        return await self.find_out(execution, invocation, ask) or invocation

    async def find_out(self, execution: Execution, invocation: Invocation, ask: Ask) -> Invocation | None:
        """As `probe_unknown`. None where the probe could not be asked, and may be later."""
        probe = execution.version.draft.probe
        if invocation.state is not InvocationState.UNKNOWN or probe is None or _source(invocation):
            return invocation
        self._probing.add(invocation.id)
        try:
            return await self._ask_probe(execution, invocation, probe, ask)
        except (StoreUnavailable, StoreRolledBack) as error:  # no refusal of the call: that was made, and its end is on record
            log.warning("probe_not_asked", invocation=invocation.id, reason=type(error).__name__)
            return None
        finally:
            self._probing.discard(invocation.id)

    async def _ask_probe(self, execution: Execution, invocation: Invocation, probe: Probe, ask: Ask) -> Invocation | None:
        if not await self._box_gone(invocation):
            return None
        await asyncio.sleep(probe.settle)
        attempts = len(invocation.attempts)
        found, value = await ask_probe(ask, execution, invocation.id, probe, attempts)
        if found in {OPEN, NOT_ASKED}:
            return invocation if found == OPEN else None
        happened = found == HAPPENED
        outcome = await self._happened(execution, probe, value) if happened else _not_happened(execution, probe, invocation)
        reason = f"The probe found: {found}."
        more = 1 + (execution.fallback is not None)
        resolution = Resolution(f"probe:{probe.tool}", reason, outcome, more, execution.remaining, seen=attempts)
        with suppress(ReviewNotOpen, BoxNotGone):  # another gateway or a person was faster
            await self.ledger.resolve(invocation.principal.tenant, invocation.id, resolution)
            if outcome is None:
                return await self._again(execution, invocation, ask)
        return await self._standing(invocation)

    async def _again(self, execution: Execution, invocation: Invocation, ask: Ask) -> Invocation:
        tenant, id = invocation.principal.tenant, invocation.id
        try:
            resumed = await self.ledger.resume(tenant, id, lease=LEASE)
            judged = len(invocation.attempts)
            most = judged + 1 + (execution.fallback is not None)
            further = replace(execution, max_attempts=most).within(resumed.bounds)
            return await self.attempts_then_probe(further, resumed.held, ask, History(invocation.attempts, judged))
        except Fenced:  # another gateway goes on with it
            async for _ in self.ledger.events(tenant, id):
                pass
            return await self._standing(invocation)
        except GatewayError:  # what refused the attempt, whose end is on record; a store that is away says so again
            return await self._standing(invocation)

    async def _standing(self, invocation: Invocation) -> Invocation:
        return await self.ledger.read(invocation.principal.tenant, invocation.id) or invocation

    async def _box_gone(self, invocation: Invocation) -> bool:
        for _ in range(int(BOX_GONE_WITHIN / LOOK_EVERY)):
            if await self.ledger.box_gone(invocation.principal.tenant, invocation.id):
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def _happened(self, execution: Execution, probe: Probe, value: object) -> Outcome:
        answer = answer_of(value)
        matches = await self.attempt_loop.checker.matches(execution.principal.tenant, execution.version, answer.body)
        return Outcome(Verdict.SUCCEEDED, replace(answer, matches_schema=matches), source=f"probe:{probe.tool}")


def _source(invocation: Invocation) -> str:
    return invocation.outcome.source if invocation.outcome else ""


def _not_happened(execution: Execution, probe: Probe, invocation: Invocation) -> Outcome | None:
    """None: another attempt is to be made. Not for a caller that has cancelled, nor out of time or attempts.

    `decisions.next_step` lists this place beside the others that decide on another attempt.
    """
    was = invocation.outcome
    if was is not None and was.fault is FaultCode.CANCELLED:
        return Outcome(Verdict.CANCELLED, fault=was.fault, source=f"probe:{probe.tool}")
    if execution.remaining > 0 and len(invocation.attempts) < execution.version.draft.limits.max_attempts:
        return None
    verdict = Verdict.TIMED_OUT if execution.remaining <= 0 else Verdict.TOOL_FAILED
    message = "It did not happen, as the probe found, and there was no time or attempt left to make it."
    return Outcome(verdict, fault=was.fault if was else None, message=message, source=f"probe:{probe.tool}")

"""Writes an attempt into the ledger, together with what follows it."""

from dataclasses import replace
from functools import partial

from gateway.decisions.next_step import Ending, FallingBack, Further, Step
from gateway.model.invocation import Attempt, Invocation
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.protocol import FencedLease, Ledger


async def record_attempt(
    ledger: Ledger, held: FencedLease, attempt: Attempt, step: Step, *, unasked: str, refused: bool
) -> Further | Invocation:
    """What follows, or the invocation where it has ended. `unasked` and `refused` as for the ledger. Raises Fenced."""
    if isinstance(step, Ending):
        end = partial(ledger.record, held, step.outcome, attempt, review=step.review, unasked=unasked, refused=refused)
        return await until_stored(end)
    attempt = replace(attempt, last=isinstance(step, FallingBack))
    await until_stored(partial(ledger.retry, held, attempt, delay=step.delay, unasked=unasked))
    return step

"""What a holder does: oblige, dispatch, retry, record."""

from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.record import (
    FENCED,
    OK,
    Keys,
    Record,
    Step,
    finish,
    keep_attempt,
    settle,
    take_back,
    wait_for_retry,
)


def oblige(keys: Keys, _now: int, fence: int, obligation: str, attempt: int) -> Step:
    if not keys.held(fence):
        return keys, FENCED
    return keys.owe(obligation).event("TOKEN_ISSUED", attempt=attempt, obligation=obligation), OK


def dispatch(keys: Keys, now: int, fence: int, attempt: int, box: str) -> Step:
    record = keys.record
    if record is None or not keys.held(fence) or not _may_act(record, now):
        return keys, FENCED
    return _let_go(keys, fence, attempt, box), OK


def _let_go(keys: Keys, fence: int, attempt: int, box: str) -> Keys:
    assert keys.record is not None
    obligation, dispatches = f"box:{box}", keys.record.dispatches + 1
    sent = keys.put(state=InvocationState.DISPATCHED, dispatching=fence, dispatches=dispatches, box=obligation, barrier="")
    return sent.owe(obligation).event("DISPATCHED", attempt=attempt, box=box)


def _may_act(record: Record, now: int) -> bool:
    if record.state is not InvocationState.PENDING or record.cancelled or now >= record.lease or now >= record.deadline:
        return False
    return record.dispatches == 0 or record.repeatable_at(now)


def _tell_of(keys: Keys, fence: int, box: str) -> Keys:
    """A box that sent unasked is told of together with the attempt's end. What was told before is not told twice."""
    assert keys.record is not None
    untold = box and keys.record.state is InvocationState.PENDING
    return _let_go(keys, fence, len(keys.record.attempts) + 1, box) if untold else keys


def retry(keys: Keys, now: int, fence: int, delay: int, undone: bool, attempt: Any, box: str = "") -> Step:
    """`undone`: the attempt provably did nothing: it was not sent, or the upstream answered that it had not done it."""
    if not keys.held(fence):
        return keys, FENCED
    told = _tell_of(keys, fence, box)
    record = told.record
    assert record is not None
    if record.state is InvocationState.DISPATCHED and not undone and not record.repeatable_at(now):
        return keys, FENCED
    counted = take_back(told) if undone else told
    waiting = wait_for_retry(keep_attempt(counted, attempt), now, delay)
    made = len(record.attempts) + (attempt is not None)
    return waiting.event("RETRY_SCHEDULED", delay_ms=delay, attempt=made).refence(), OK


def record(
    keys: Keys,
    now: int,
    fence: int,
    state: InvocationState,
    outcome: Any,
    attempt: Any,
    retention: int,
    review: bool,
    box: str = "",
    undone: bool = False,
    refused: bool = False,
) -> Step:
    """`undone` as for `retry`. A failure whose every dispatch was taken back, and that no person is asked about, is free.

    `refused`: its caller is told that it was not begun, and to send it again. So that makes it anew.
    """
    known = keys.record
    if known is None:
        return keys, FENCED
    entitled = fence in {known.fence, known.dispatching}
    if known.state.ended and entitled and known.outcome == outcome:
        return keys, OK  # said before, and the reply was lost
    late = known.state is InvocationState.UNKNOWN and known.dispatching == fence and attempt is not None
    if not late and not keys.held(fence):
        return keys, FENCED
    # Late, the attempt was kept as lost.
    keys = keys.put(attempts=known.attempts[:-1], barrier="") if late else _tell_of(keys, fence, box)
    keys = take_back(keys) if undone else keys
    keys = keys.put(call="") if refused else keys
    assert keys.record is not None
    free = undone and not keys.record.dispatches and state is InvocationState.FAILED and not review
    kind, review = "RECORDED_LATE" if late else "RECORDED", review or state is InvocationState.UNKNOWN
    return settle(finish(keep_attempt(keys.put(free=free), attempt), now, state, outcome, retention, kind, review=review)), OK

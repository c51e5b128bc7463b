"""What others than the holder decide: take_from_lost, cancel, resolve, discharge, acknowledge."""

from dataclasses import replace
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.record import (
    NOOP,
    OK,
    Keys,
    Record,
    Step,
    finish,
    forget,
    keep_attempt,
    settle,
    wait_for_retry,
)


def take_from_lost(keys: Keys, now: int, exhausted: Any, unknown: Any, lost: Any, retention: int) -> Step:
    """`lost` is what is kept of the attempt whose end is not known; `exhausted` and `unknown` are the outcomes."""
    record = keys.record
    if record is None or not record.under_way or not record.lapsed_at(now):
        return keys, NOOP
    if record.state is InvocationState.DISPATCHED:
        return _take_dispatched(keep_attempt(keys, lost).put(barrier=record.box), now, exhausted, unknown, retention)
    if not record.attempts:
        return forget(keys, "DROPPED"), ("DROPPED",)
    return _hand_over(keys, now)


def _take_dispatched(keys: Keys, now: int, exhausted: Any, unknown: Any, retention: int) -> Step:
    record = keys.record
    assert record is not None
    if not record.repeatable_at(now):
        state, outcome = InvocationState.UNKNOWN, unknown
    elif len(record.attempts) >= record.max_attempts or now >= record.deadline:
        state, outcome = InvocationState.FAILED, exhausted
    else:
        return _hand_over(keys, now)
    return finish(keys, now, state, outcome, retention, "HOLDER_LOST", review=True).refence(), (state.value,)


def _hand_over(keys: Keys, now: int) -> Step:
    return wait_for_retry(keys, now, 0).event("HOLDER_LOST").refence(), ("RETRY_WAIT",)


def cancel(keys: Keys, now: int, outcome: Any, retention: int) -> Step:
    record = keys.record
    if record is None or record.state.ended:
        return keys, NOOP
    if record.state is not InvocationState.DISPATCHED:
        return settle(finish(keys, now, InvocationState.CANCELLED, outcome, retention, "CANCELLED", review=False).refence()), OK
    if record.cancelled:
        return keys, ("REQUESTED",)
    return keys.put(cancelled=True).event("CANCEL_REQUESTED"), ("REQUESTED",)


def resolve(
    keys: Keys,
    now: int,
    state: InvocationState,
    outcome: Any,
    author: str,
    reason: str,
    retention: int,
    timeout: int,
    attempts: int,
    seen: int,
) -> Step:
    """Decide an open review of `seen` attempts. RETRY_WAIT grants `attempts` more, within `timeout`; all else is the end."""
    record = keys.record
    if record is None or not record.under_review or len(record.attempts) != seen:
        return keys, ("CLOSED",)
    if record.box in keys.obligations:
        return keys, ("BOX_THERE",)
    if state is InvocationState.RETRY_WAIT:
        return _try_again(keys, record, now, author, reason, timeout, attempts), OK
    ended = finish(keys, now, state, outcome, retention, "RESOLVED", review=False, author=author, reason=reason)
    return settle(ended.put(review_opened=record.review_opened, review_author=author, review_reason=reason).refence()), OK


def _try_again(keys: Keys, record: Record, now: int, author: str, reason: str, timeout: int, attempts: int) -> Keys:
    waiting = wait_for_retry(keys, now, 0).put(
        review_author=author,
        review_reason=reason,
        dispatches=0,
        dispatching=None,
        outcome=None,
        ended=None,
        cancelled=False,
        barrier="",
        max_attempts=len(record.attempts) + attempts,
        deadline=now + timeout,
    )
    return waiting.event("RESOLVED", author=author, reason=reason).refence()


def discharge(keys: Keys, _now: int, obligation: str, kind: str) -> Step:
    if obligation not in keys.obligations:
        return keys, NOOP
    met = replace(keys, obligations=keys.obligations - {obligation})
    record = keys.record
    if record is None or obligation not in record.owed:
        return met.audit(kind, obligation=obligation), OK
    return settle(met.put(owed=record.owed - {obligation}).event(kind, obligation=obligation)), OK


def acknowledge(keys: Keys, _now: int, author: str, reason: str) -> Step:
    if not keys.quarantined:
        return keys, NOOP
    return replace(keys, quarantined=False).audit("QUARANTINE_ENDED", author=author, reason=reason), OK


def witness(keys: Keys, _now: int) -> Step:
    return keys, OK

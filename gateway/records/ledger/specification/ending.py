"""What others than the holder decide: take_from_lost, cancel, resolve, expire_review, discharge."""

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


def take_from_lost(
    keys: Keys, now: int, exhausted: Any, unknown: Any, lost: Any, retention: int, over: Any, dropped: Any = None
) -> Step:
    """`lost` is what is kept of the attempt whose end is not known. The outcomes: `over` where the time is, `exhausted` where
    only the attempts are, `unknown` where it may not be repeated, `dropped` where no attempt was begun: then the key is free.

    A gateway of the version before has no outcome for that, and the record is forgotten."""
    record = keys.record
    if record is None or not record.under_way or not record.lapsed_at(now):
        return keys, NOOP
    if record.state is InvocationState.DISPATCHED:
        failed = over if now >= record.deadline else exhausted
        return _take_dispatched(keep_attempt(keys, lost).put(barrier=record.box), now, failed, unknown, retention)
    if not record.attempts:
        return _drop(keys, now, dropped, retention), ("DROPPED",)
    return _hand_over(keys, now)


def _drop(keys: Keys, now: int, outcome: Any, retention: int) -> Keys:
    if outcome is None:
        return forget(keys, "DROPPED")
    free = keys.put(free=True, dropped=True, call="")
    return settle(finish(free, now, InvocationState.FAILED, outcome, retention, "HOLDER_LOST", review=False).refence())


def _take_dispatched(keys: Keys, now: int, failed: Any, unknown: Any, retention: int) -> Step:
    record = keys.record
    assert record is not None
    if not record.repeatable_at(now):
        state, outcome = InvocationState.UNKNOWN, unknown
    elif len(record.attempts) >= record.max_attempts or now >= record.deadline:
        state, outcome = InvocationState.FAILED, failed
    else:
        return _hand_over(keys, now)
    return finish(keys, now, state, outcome, retention, "HOLDER_LOST", review=True).refence(), (state.value,)


def _hand_over(keys: Keys, now: int) -> Step:
    return wait_for_retry(keys, now, 0).event("HOLDER_LOST").refence(), ("RETRY_WAIT",)


def cancel(keys: Keys, now: int, outcome: Any, retention: int, seen: int | None = None) -> Step:
    """`seen`: how many attempts the outcome knows of. CHANGED: there are more, or another call is made in their place."""
    record = keys.record
    if record is None or record.state.ended:
        return keys, NOOP
    if seen is not None and (len(record.attempts) != seen or record.falling_back):
        return keys, ("CHANGED",)
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
    decision: str = "",
) -> Step:
    """Decide an open review of `seen` attempts. RETRY_WAIT grants `attempts` more, within `timeout`; all else is the end.

    A `decision` that is on record is not applied again, whatever has become of the call since.
    """
    record = keys.record
    if record is not None and decision in record.decisions:
        return keys, ("REPEATED",)
    if record is None or not record.under_review or len(record.attempts) != seen:
        return keys, ("CLOSED",)
    if record.box in keys.obligations:
        return keys, ("BOX_THERE",)
    if decision:
        keys = keys.put(decisions=(*record.decisions, decision))
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


def expire_review(keys: Keys, now: int, age: int, author: str, reason: str, retention: int) -> Step:
    """End a review that was open for `age`, without a decision. The outcome stays as it is, for good."""
    record = keys.record
    if record is None or not record.under_review or record.review_opened is None:
        return keys, ("CLOSED",)
    if now - record.review_opened < age:
        return keys, ("EARLY",)
    if record.box in keys.obligations:
        return keys, ("BOX_THERE",)
    said = keys.put(review_author=author, review_reason=reason, keeps_args=False, dispatching=None, expires=now + retention)
    return said.event("REVIEW_EXPIRED", author=author, reason=reason).refence(), OK


def discharge(keys: Keys, _now: int, obligation: str, kind: str, *said: str) -> Step:
    """`said`: names and values of what else is to be told, such as whose word it was."""
    if obligation not in keys.obligations:
        return keys, NOOP
    met = replace(keys, obligations=keys.obligations - {obligation})
    told: dict[str, Any] = {"obligation": obligation, **dict(zip(said[::2], said[1::2], strict=True))}
    record = keys.record
    if record is None or obligation not in record.owed:
        return met.audit(kind, **told), OK
    return settle(met.put(owed=record.owed - {obligation}).event(kind, **told)), OK

"""Who may move a record: claim, heartbeat, resume, release."""

from dataclasses import replace
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.record import FENCED, OK, QUARANTINED, Keys, Record, Step, forget, take_lease


def claim(
    keys: Keys,
    now: int,
    fingerprint: Any,
    nonce: str,
    lease: int,
    timeout: int,
    repeatable: bool,
    repeatable_for: int,
    acts: bool,
    max_attempts: int,
    keep: int = 0,
) -> Step:
    """NEW fence with what is left of its time, KNOWN, CONFLICT or QUARANTINED.

    `keep`: how long the record is to be kept after its end.
    """
    known = keys.record
    if known is None or known.free:
        if acts and keys.lineage.open:
            return keys, QUARANTINED
        until = now + repeatable_for if repeatable_for else 0
        record = Record(
            fingerprint=fingerprint,
            nonce=nonce,
            repeatable=repeatable,
            repeatable_until=until,
            acts=acts,
            max_attempts=max_attempts,
            keep=keep,
            accepted=now,
            deadline=now + timeout,
            decisions=known.decisions if known else (),
        )
        keys = forget(keys, "REPLACED") if known else keys
        claimed = take_lease(replace(keys, record=record), now, lease).event("CLAIMED").refence()
        return claimed, ("NEW", claimed.sequence, *record.left_at(now))
    if known.fingerprint != fingerprint:
        return keys, ("CONFLICT",)
    if known.state is InvocationState.PENDING and known.nonce == nonce and known.events == 1:
        return take_lease(keys, now, lease), ("NEW", known.fence, *known.left_at(now))
    return keys, ("KNOWN",)


def heartbeat(keys: Keys, now: int, fence: int, lease: int) -> Step:
    record = keys.record
    if record is None or not keys.held(fence):
        return keys, FENCED
    return take_lease(keys, now, lease), ("OK", record.cancelled)


def resume(keys: Keys, now: int, lease: int) -> Step:
    record = keys.record
    if record is None or not record.due_at(now):
        return keys, FENCED
    if record.barrier in keys.obligations and now < record.deadline:
        return keys, FENCED
    resumed = take_lease(keys.put(state=InvocationState.PENDING), now, lease).event("RESUMED").refence()
    return resumed, ("NEW", resumed.sequence, *record.left_at(now))


def release(keys: Keys, _now: int, fence: int) -> Step:
    record = keys.record
    if record is None or not keys.held(fence) or record.state is not InvocationState.PENDING:
        return keys, FENCED
    if record.attempts or record.dispatches:
        return keys, FENCED
    return forget(keys, "RELEASED"), OK

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
    call: str = "",
    run_over: bool = False,
) -> Step:
    """NEW fence with what is left of its time, KNOWN, CONFLICT, QUARANTINED or RUN_OVER.

    `keep`: how long the record is to be kept after its end. `call`: the token of the call, which is the same when that is sent
    again. A free key is claimed by any call but the one that has left it free: who sends that again gets what became of it.
    `run_over`: it is of a run that its caller has started, and that is over: no call of it begins.
    """
    known = keys.record
    sent_again = known is not None and bool(call) and (known.call, known.fingerprint) == (call, fingerprint)
    if known is None or (known.free and not sent_again):
        if acts and keys.lineage.open:
            return keys, QUARANTINED
        if run_over:
            return keys, ("RUN_OVER",)
        until = now + repeatable_for if repeatable_for else 0
        record = Record(
            fingerprint=fingerprint,
            nonce=nonce,
            repeatable=repeatable,
            repeatable_until=until,
            acts=acts,
            max_attempts=max_attempts,
            keep=keep,
            call=call,
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


def heartbeat(keys: Keys, now: int, fence: int, lease: int, falling_back: bool = False) -> Step:
    """`falling_back`: another call is made in the place of an attempt from now on, until the holder gives the record up."""
    record = keys.record
    if record is None or not keys.held(fence):
        return keys, FENCED
    told = keys.put(falling_back=True) if falling_back and not record.cancelled else keys
    return take_lease(told, now, lease), ("OK", record.cancelled)


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

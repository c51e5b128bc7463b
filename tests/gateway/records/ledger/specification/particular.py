"""Histories that the exploration does not have: of delays, windows and tokens."""

from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.lineage import Shown

from .world import LEASE, RETENTION, TIMEOUT, Call

ONCE: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, False, 0, True, 2)
ALWAYS: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, True, 0, False, 2)
KEYED: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, True, 50, True, 2)
ONLOOKER = Shown()
GRANTED: tuple[Any, ...] = (InvocationState.RETRY_WAIT, "", "ada", "looked", RETENTION, TIMEOUT, 1)
FROM_LOST: tuple[Any, ...] = ("exhausted", "unknown", "lost", RETENTION, "out of time", "dropped")


def at(now: int, function: str, *args: Any, shown: Shown = ONLOOKER) -> Call:
    return Call(now, function, args, shown)


#: Another time than the transitions' own.
KEEP = 90_000_000

#: What was not done, of a call that is kept for the usual time, and has a token.
OF_A_CALL: tuple[Any, ...] = (*ONCE, 0, "token")
NOT_DONE: tuple[Any, ...] = (1, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True)

HISTORIES = (
    # A decided UNKNOWN is not settled: the truth may still come. What is settled says its end again, and no other.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "discharge", "box:b", "BOX_REMOVED"),
        at(0, "resolve", InvocationState.UNKNOWN, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
        at(0, "record", 1, InvocationState.FAILED, "another", "responded", RETENTION, False),
        at(0, "claim", *ONCE),
        at(0, "resolve", InvocationState.FAILED, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
        at(0, "cancel", "cancelled", RETENTION),
    ),
    # It is settled once it owes nothing, its own token before its box.
    (
        at(0, "claim", *ONCE),
        at(0, "oblige", 1, "token:x", 1),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
        at(0, "discharge", "token:x", "TOKEN_REVOKED"),
        at(0, "discharge", "box:b", "BOX_REMOVED"),
        at(0, "discharge", "box:b", "BOX_REMOVED"),
    ),
    # What a key's first use owed is met after its second use is settled.
    (
        at(0, "claim", *ONCE),
        at(0, "oblige", 1, "token:x", 1),
        at(0, "release", 1),
        at(0, "claim", *ONCE),
        at(0, "record", 4, InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, False),
        at(0, "discharge", "token:x", "TOKEN_REVOKED"),
    ),
    # A record says for how long it is kept, however it ends, and also after a review.
    *(
        (at(0, "claim", *terms, KEEP), *ending)
        for terms, ending in (
            (ONCE, (at(0, "record", 1, InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, False),)),
            (ONCE, (at(0, "cancel", "cancelled", RETENTION),)),
            (
                ALWAYS,
                (
                    at(0, "record", 1, InvocationState.FAILED, "failed", "sent", RETENTION, True),
                    at(5, "resolve", InvocationState.FAILED, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
                ),
            ),
        )
    ),
    # Of what was lost before an attempt was begun the end is on record, and the key is free. An older gateway drops it.
    (at(0, "claim", *ONCE), at(20, "take_from_lost", *FROM_LOST), at(20, "dispatch", 1, 1, "b"), at(20, "claim", *ONCE)),
    (at(0, "claim", *ONCE), at(20, "take_from_lost", *FROM_LOST[:-1]), at(20, "claim", *ONCE)),
    (at(0, "claim", *OF_A_CALL), at(20, "take_from_lost", *FROM_LOST), at(20, "claim", *OF_A_CALL)),
    # A cancellation knows of all attempts, or is made of a time before.
    (
        at(0, "claim", *ALWAYS),
        at(0, "retry", 1, 0, True, "not sent"),
        at(0, "cancel", "cancelled", RETENTION, 0),
        at(0, "cancel", "cancelled", RETENTION, 1),
    ),
    # While another call is made in the place of an attempt, that one is cancelled; with the hold, this is over.
    (
        at(0, "claim", *ONCE),
        at(0, "retry", 1, 0, True, "not sent"),
        at(0, "resume", LEASE),
        at(0, "heartbeat", 3, LEASE, 1),
        at(0, "cancel", "cancelled", RETENTION, 1),
        at(0, "heartbeat", 3, LEASE, 0),
        at(0, "cancel", "cancelled", RETENTION, 1),
        at(20, "take_from_lost", *FROM_LOST),
        at(20, "cancel", "cancelled", RETENTION, 1),
    ),
    (
        at(0, "claim", *ONCE),
        at(0, "heartbeat", 1, LEASE, 1),
        at(0, "record", 1, InvocationState.SUCCEEDED, "the other's", None, RETENTION, False),
    ),
    (at(0, "claim", *ALWAYS), at(0, "dispatch", 1, 1, "b"), at(0, "cancel", "c", 9, 0), at(0, "heartbeat", 1, LEASE, 1)),
    # Time passes while the lease is prolonged.
    (at(0, "claim", *ONCE), at(5, "claim", *ONCE), at(5, "heartbeat", 1, LEASE), at(9, "heartbeat", 7, LEASE)),
    (at(0, "claim", *ONCE), at(5, "heartbeat", 1, LEASE), at(12, "dispatch", 1, 1, "b"), at(14, "take_from_lost", *FROM_LOST)),
    # A holder asks once for a permission, and does not give back what it has used.
    (at(0, "claim", *ALWAYS), at(0, "dispatch", 1, 1, "b"), at(0, "dispatch", 1, 1, "c"), at(0, "release", 1)),
    (at(0, "claim", *ONCE), at(0, "dispatch", 1, 1, "b"), at(0, "release", 1)),
    (
        at(0, "claim", *ONCE),
        at(0, "record", 1, InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, False),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "heartbeat", 1, LEASE),
        at(0, "oblige", 1, "token:x", 1),
    ),
    # What was sent unasked is told of with its end, once; where that forbids the end, not at all.
    (
        at(0, "claim", *ALWAYS),
        at(0, "retry", 1, 0, False, "sent", "b"),
        at(0, "resume", LEASE),
        at(0, "record", 4, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False, "c"),
        at(0, "record", 4, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False, "c"),
    ),
    (at(0, "claim", *ONCE), at(0, "retry", 1, 0, False, "sent", "b"), at(0, "retry", 1, 0, True, "not sent", "b")),
    (
        at(0, "claim", *ALWAYS),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False, "b"),
    ),
    (at(0, "claim", *ALWAYS), at(0, "record", 1, InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, False, "")),
    # An attempt of which nothing is kept.
    (at(0, "claim", *ONCE), at(0, "retry", 1, 0, True, None)),
    # A delay is kept.
    (
        at(0, "claim", *ONCE),
        at(1, "retry", 1, 7, True, "not sent"),
        at(7, "resume", LEASE),
        at(8, "resume", LEASE),
        at(8, "dispatch", 3, 2, "b"),
    ),
    # The clock goes back: what was to come soon is not to come in an hour.
    (
        at(3600, "claim", *ALWAYS),
        at(3600, "dispatch", 1, 1, "b"),
        at(3600, "take_from_lost", *FROM_LOST),
        at(0, "take_from_lost", *FROM_LOST),
    ),
    (at(3600, "claim", *ONCE), at(3595, "take_from_lost", *FROM_LOST)),
    (at(3600, "claim", *ONCE), at(3600, "retry", 1, 7, True, "not sent"), at(3600, "resume", LEASE), at(9, "resume", LEASE)),
    # A window closes: before a retry, before another dispatch, before the lost holder is noticed.
    (at(0, "claim", *KEYED), at(0, "dispatch", 1, 1, "b"), at(50, "retry", 1, 0, False, "sent")),
    (at(0, "claim", *KEYED), at(0, "dispatch", 1, 1, "b"), at(60, "take_from_lost", *FROM_LOST)),
    (
        at(0, "claim", *KEYED),
        at(0, "dispatch", 1, 1, "b"),
        at(20, "take_from_lost", *FROM_LOST),
        at(20, "discharge", "box:b", "BOX_REMOVED"),
        at(45, "resume", LEASE),
        at(50, "dispatch", 5, 2, "c"),
    ),
    # What was proven of one attempt says nothing of the attempt before: that may have acted, and its window closes.
    (
        at(0, "claim", *KEYED),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "retry", 1, 0, False, "sent"),
        at(1, "resume", LEASE),
        at(1, "retry", 4, 0, True, "not sent"),
        at(49, "resume", LEASE),
        at(50, "dispatch", 6, 3, "c"),
    ),
    (
        at(0, "claim", *KEYED),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "retry", 1, 0, False, "sent"),
        at(1, "resume", LEASE),
        at(1, "dispatch", 4, 2, "c"),
        at(1, "record", 4, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True),
        at(1, "claim", *KEYED),
    ),
    # What is proven not done leaves the key free, for any call; the record stays until then. A review or another end keeps it.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "retry", 1, 3, True, "not done"),
        at(3, "resume", LEASE),
        at(3, "dispatch", 4, 2, "c"),
        at(3, "record", 4, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True),
        at(3, "record", 4, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True),
        at(4, "claim", "b", "m", LEASE, TIMEOUT, False, 0, True, 2),
        at(4, "dispatch", 8, 1, "d"),
        at(4, "discharge", "box:b", "BOX_REMOVED"),
    ),
    # The very call that left its key free gets its end when it is sent again, before it is settled and after, and also while
    # the history is open. Another token, none, or the same with other arguments make a call of their own.
    *(
        (
            at(0, "claim", *OF_A_CALL),
            at(0, "dispatch", 1, 1, "b"),
            at(0, "record", *NOT_DONE),
            at(0, "claim", *OF_A_CALL),
            at(0, "discharge", "box:b", "BOX_REMOVED"),
            at(0, "claim", *OF_A_CALL),
            at(0, "claim", *OF_A_CALL, shown=Shown(primary="p2")),
            at(0, "claim", *another),
        )
        for another in ((*ONCE, 0, "other"), ONCE, ("b", *ONCE[1:], 0, "token"))
    ),
    # Refused, it is made anew when it is sent again, and that has its token. What is done has none any more.
    (
        at(0, "claim", *OF_A_CALL),
        at(0, "record", *NOT_DONE, True),
        at(0, "claim", *OF_A_CALL),
        at(0, "record", 4, *NOT_DONE[1:]),
        at(0, "claim", *OF_A_CALL),
    ),
    (
        at(0, "claim", *OF_A_CALL),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
        at(0, "claim", *OF_A_CALL),
    ),
    (at(0, "claim", *ONCE), at(0, "record", *NOT_DONE), at(0, "claim", *OF_A_CALL)),
    *(
        (
            at(0, "claim", *ALWAYS),
            at(0, "record", 1, state, "not done", "not done", RETENTION, review, "b", True),
            at(0, "claim", *ALWAYS),
        )
        for state, review in (
            (InvocationState.FAILED, False),
            (InvocationState.FAILED, True),
            (InvocationState.SUCCEEDED, False),
            (InvocationState.UNKNOWN, False),
        )
    ),
    (at(0, "claim", *ONCE), at(0, "record", 1, InvocationState.FAILED, "out of time", None, RETENTION, False, "", True)),
    # The late word that nothing was done.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(10, "take_from_lost", *FROM_LOST),
        at(11, "record", 1, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True),
        at(11, "claim", *ONCE),
    ),
    # A free key is claimed while the history is open as any other is.
    (
        at(0, "claim", *ONCE),
        at(0, "record", 1, InvocationState.FAILED, "out of time", None, RETENTION, False, "", True),
        at(0, "claim", *ONCE, shown=Shown(primary="p2")),
        at(0, "claim", *ALWAYS, shown=Shown(primary="p2")),
    ),
    # What is left of the time is told, also where it is over.
    (
        at(0, "claim", "a", "n", LEASE, 20, True, 15, False, 2),
        at(5, "claim", "a", "n", LEASE, 20, True, 15, False, 2),
        at(5, "retry", 1, 0, True, "not sent"),
        at(7, "resume", LEASE),
        at(7, "retry", 3, 0, True, "not sent"),
        at(16, "resume", LEASE),
        at(16, "retry", 5, 0, True, "not sent"),
        at(30, "resume", LEASE),
    ),
    # Lost, with attempts left, and no time; with time, and no attempts; with neither.
    (
        at(0, "claim", "a", "n", LEASE, 20, True, 0, False, 2),
        at(0, "dispatch", 1, 1, "b"),
        at(20, "take_from_lost", *FROM_LOST),
    ),
    (
        at(0, "claim", "a", "n", LEASE, 20, True, 0, False, 1),
        at(0, "dispatch", 1, 1, "b"),
        at(19, "take_from_lost", *FROM_LOST),
    ),
    (
        at(0, "claim", "a", "n", LEASE, 20, True, 0, False, 1),
        at(0, "dispatch", 1, 1, "b"),
        at(20, "take_from_lost", *FROM_LOST),
    ),
    # After the end is known not to be known, only word of the attempt is news.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "record", 1, InvocationState.FAILED, "refused", None, RETENTION, False),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
    ),
    # The late word of an attempt of which nothing was kept is the first of it.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.UNKNOWN, "unknown", None, RETENTION, False),
        at(0, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
    ),
    # A review ends by the rule, in its time, once its box is gone; then nothing changes the outcome any more.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(1, "record", 1, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(50, "expire_review", 50, "callgate", "the rule", RETENTION),
        at(51, "expire_review", 50, "callgate", "the rule", RETENTION),
        at(51, "discharge", "box:b", "DECLARED_GONE", "author", "ada", "reason", "it burnt"),
        at(51, "expire_review", 50, "callgate", "the rule", RETENTION),
        at(51, "expire_review", 50, "callgate", "the rule", RETENTION),
        at(51, "record", 1, InvocationState.SUCCEEDED, "done", "responded", RETENTION, False),
        at(51, "resolve", InvocationState.FAILED, "decided", "ada", "too late", RETENTION, TIMEOUT, 1, 1),
        at(51, "claim", *ONCE),
    ),
    (
        at(0, "claim", *ONCE),
        at(0, "record", 1, InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, True),
        at(9, "resolve", InvocationState.FAILED, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
        at(99, "expire_review", 50, "callgate", "the rule", RETENTION),
    ),
    # A decision whose reply was lost is sent again: while its attempt waits, after it has ended under another review, after a
    # decision of that one, after the end is settled, and of a call that has taken the place of what was not done.
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "discharge", "box:b", "BOX_REMOVED"),
        at(0, "resolve", *GRANTED, 1, "first"),
        at(0, "resolve", *GRANTED, 1, "first"),
        at(0, "resume", LEASE),
        at(0, "dispatch", 6, 2, "c"),
        at(0, "resolve", *GRANTED, 1, "first"),
        at(0, "record", 6, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "resolve", *GRANTED, 2, "first"),
        at(0, "discharge", "box:c", "BOX_REMOVED"),
        at(0, "resolve", *GRANTED, 2, "first"),
        at(0, "resolve", *GRANTED, 2, "fir"),
        at(0, "resolve", InvocationState.FAILED, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 3, "second"),
        at(0, "resume", LEASE),
        at(0, "dispatch", 11, 3, "d"),
        at(0, "record", 11, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "discharge", "box:d", "BOX_REMOVED"),
        at(0, "resolve", InvocationState.FAILED, "decided", "ada", "looked", RETENTION, TIMEOUT, 1, 3, "second"),
        *(at(0, "resolve", *GRANTED, 3, decision) for decision in ("first", "fir", "second", "third", "")),
    ),
    (
        at(0, "claim", *ONCE),
        at(0, "dispatch", 1, 1, "b"),
        at(0, "record", 1, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "discharge", "box:b", "BOX_REMOVED"),
        at(0, "resolve", *GRANTED, 1, "first"),
        at(0, "resume", LEASE),
        at(0, "record", 6, InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True),
        at(0, "claim", "b", "m", LEASE, TIMEOUT, False, 0, True, 2),
        at(0, "dispatch", 9, 1, "c"),
        at(0, "record", 9, InvocationState.UNKNOWN, "unknown", "sent", RETENTION, False),
        at(0, "discharge", "box:c", "BOX_REMOVED"),
        at(0, "resolve", *GRANTED, 1, "first"),
        at(0, "resolve", *GRANTED, 1, "second"),
    ),
    # A key is used anew while something is still owed for its first use.
    (
        at(0, "claim", *ONCE),
        at(0, "oblige", 1, "token:x", 1),
        at(0, "oblige", 9, "token:z", 1),
        at(0, "release", 1),
        at(0, "claim", *ONCE),
        at(0, "oblige", 4, "token:y", 1),
        at(0, "discharge", "token:x", "TOKEN_REVOKED"),
        at(0, "discharge", "token:y", "TOKEN_REVOKED"),
        at(0, "discharge", "token:y", "TOKEN_REVOKED"),
    ),
    # An untouched claim is repeated only by its own gateway, and only while it is untouched.
    (at(0, "claim", *ONCE), at(0, "oblige", 1, "token:x", 1), at(0, "claim", *ONCE)),
)

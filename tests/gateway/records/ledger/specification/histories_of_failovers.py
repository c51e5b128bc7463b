"""Histories of stores that took another's place: of each, the calls that are left of it, and what gateways then show."""

from dataclasses import replace
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.lineage import GRACE, LEAP, Shown
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.specification.record import RING, Record

from .world import LEASE, RETENTION, TIMEOUT, Call

ONCE: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, False, 0, True, 2)
KEYED: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, True, 50, True, 2)
READ: tuple[Any, ...] = ("a", "n", LEASE, TIMEOUT, True, 0, False, 2)
FROM_LOST: tuple[Any, ...] = ("exhausted", "unknown", "lost", RETENTION, "out of time", "dropped")
DONE: tuple[Any, ...] = (InvocationState.SUCCEEDED, "done", "responded", RETENTION, False)
NONE = Mark()

#: The number of the second epoch's own event, where the first epoch had one.
BEGUN = 1 + LEAP + 1


def on(primary: str, now: int, gateway: str, mark: Mark, function: str, *args: Any, nonce: bytes = b"x") -> Call:
    return Call(now, function, args, Shown(gateway, mark, primary, nonce))


def first(function: str, *args: Any, gateway: str = "a", mark: Mark = NONE, nonce: bytes = b"x") -> Call:
    return on("p1", 0, gateway, mark, function, *args, nonce=nonce)


def then(now: int, function: str, *args: Any, gateway: str = "a", mark: Mark = NONE, nonce: bytes = b"y") -> Call:
    return on("p2", now, gateway, mark, function, *args, nonce=nonce)


CLAIMED = first("claim", *ONCE)
OF_ONE = Mark(1, b"x", 1)
LOST = Mark(4, b"z", 1)
WAS = Record(
    fingerprint="a",
    nonce="n",
    repeatable=False,
    repeatable_until=0,
    acts=True,
    max_attempts=2,
    accepted=0,
    deadline=TIMEOUT,
    state=InvocationState.DISPATCHED,
    fence=1,
    lease=LEASE,
    span=LEASE,
    dispatching=1,
    dispatches=1,
    box="box:b",
    owed=frozenset({"box:b", "token:x"}),
    events=4,
)
ENDED = Record(
    fingerprint="a",
    nonce="n",
    repeatable=False,
    repeatable_until=0,
    acts=True,
    max_attempts=2,
    accepted=0,
    deadline=TIMEOUT,
    state=InvocationState.SUCCEEDED,
    fence=1,
    lease=LEASE,
    span=LEASE,
    dispatching=1,
    dispatches=1,
    box="box:b",
    attempts=("responded",),
    outcome="done",
    ended=0,
    keeps_args=False,
    events=5,
)
CANCELLED = replace(
    ENDED,
    state=InvocationState.CANCELLED,
    fence=2,
    dispatching=None,
    dispatches=0,
    box="",
    attempts=(),
    outcome="cancelled",
    events=2,
    owed=frozenset({"token:x"}),
)
FREE = replace(ENDED, state=InvocationState.FAILED, dispatches=0, outcome="not done", free=True)
UNKNOWN = Record(
    fingerprint="a",
    nonce="n",
    repeatable=False,
    repeatable_until=0,
    acts=True,
    max_attempts=2,
    accepted=0,
    deadline=TIMEOUT,
    state=InvocationState.UNKNOWN,
    fence=1,
    lease=LEASE,
    span=LEASE,
    dispatching=1,
    dispatches=1,
    box="box:b",
    attempts=("sent",),
    outcome="unknown",
    ended=0,
    review_opened=0,
    events=5,
)

#: Presumed of a lost holder; and a failure that its holder told, and that a person is asked about.
PRESUMED = replace(UNKNOWN, barrier="box:b", attempts=("lost",))
JUDGED = replace(UNKNOWN, state=InvocationState.FAILED, outcome="503")
JUDGEMENT: tuple[Any, ...] = (InvocationState.FAILED, "503", "responded", RETENTION, True)


def shown(now: int, *, forgotten: int = 0, mark: Mark = OF_ONE) -> Call:
    return then(now, "show", "a", mark.number, mark.nonce, mark.epoch, forgotten)


#: Its holder is lost, and its box is gone; a person leaves the outcome as it is presumed.
TAKEN = (
    first("dispatch", 1, 1, "b"),
    on("p1", LEASE, "a", NONE, "take_from_lost", *FROM_LOST),
    on("p1", LEASE, "a", NONE, "discharge", "box:b", "BOX_REMOVED"),
)
EXHAUSTED = (first("claim", "a", "n", LEASE, TIMEOUT, True, 0, True, 1), *TAKEN)
STAYS: tuple[Any, ...] = (InvocationState.FAILED, "exhausted", "ada", "looked", RETENTION, TIMEOUT, 1, 1)
LOOKED_AT = on("p1", LEASE, "a", NONE, "resolve", *STAYS)
LEFT_OPEN = on("p1", LEASE, "a", NONE, "resolve", InvocationState.UNKNOWN, "unknown", *STAYS[2:])
SHOWN = (shown(0), then(GRACE, "witness"))

#: An epoch begins, `a` has shown, and is alone on the list.
SETTLED = (CLAIMED, then(0, "witness", mark=OF_ONE), shown(0), then(GRACE, "witness"))

HISTORIES: tuple[tuple[Call, ...], ...] = (
    # Another primary: nothing that acts begins or moves before all have shown, and the grace is over.
    (
        CLAIMED,
        *(
            then(0, name, *args)
            for name, args in (
                ("claim", ONCE),
                ("dispatch", (1, 1, "b")),
                ("retry", (1, 0, True, "not sent")),
                ("release", (1,)),
                ("record", (1, *DONE)),
                ("cancel", ("cancelled", RETENTION)),
                ("heartbeat", (1, LEASE)),
                ("take_from_lost", FROM_LOST),
            )
        ),
        then(LEASE, "take_from_lost", *FROM_LOST),
        shown(LEASE),
        then(GRACE, "dispatch", 1, 1, "b"),
    ),
    (first("witness", gateway="b"), then(0, "claim", *ONCE), then(0, "claim", *READ), then(0, "dispatch", BEGUN, 1, "b")),
    (
        CLAIMED,
        first("retry", 1, 0, True, "not sent"),
        then(0, "resume", LEASE),
        shown(0),
        then(GRACE, "witness"),
        then(GRACE, "resume", LEASE),
    ),
    (first("claim", *KEYED), then(0, "dispatch", 1, 1, "b"), then(0, "witness")),
    (*SETTLED, then(GRACE, "claim", *ONCE), then(GRACE, "dispatch", 1, 1, "b"), then(GRACE, "witness")),
    (*SETTLED[:-1], then(GRACE - 1, "witness"), then(GRACE, "witness"), then(GRACE, "witness")),
    (*SETTLED[:-1], then(GRACE - 1, "show", "a", 1, b"x", 1, 0), then(GRACE, "show", "a", 1, b"x", 1, 0)),
    # The clock goes back: the grace is over.
    (CLAIMED, then(500, "witness"), on("p2", 400, "a", NONE, "show", "a", 1, b"x", 1, 0)),
    # One on the list that has not shown is waited for; one that has retired is not, and one that is acknowledged is not.
    (CLAIMED, first("witness", gateway="b"), *SETTLED[1:], then(GRACE, "show", "b", 0, b"", 0, 0, gateway="b")),
    (CLAIMED, first("witness", gateway="b"), first("retire", "b", gateway="b"), *SETTLED[1:]),
    (CLAIMED, then(0, "retire", "a"), then(0, "witness")),
    (
        CLAIMED,
        then(0, "witness", mark=OF_ONE),
        then(0, "acknowledge", "ada", "looked", gateway=""),
        then(0, "acknowledge", "bob", "looked, too", gateway=""),
        then(0, "claim", *ONCE, gateway="b"),
        then(0, "witness", mark=OF_ONE),
        shown(0),
        then(0, "acknowledge", "ada", "looked"),
    ),
    (CLAIMED, then(0, "acknowledge", "ada", "looked"), then(0, "witness")),
    # What the primary before had, and this one has not.
    (CLAIMED, then(0, "witness", mark=LOST), shown(0, mark=LOST), then(GRACE, "witness")),
    (CLAIMED, then(0, "witness"), shown(0, mark=Mark(1, b"another", 1))),
    (CLAIMED, then(0, "witness"), shown(0, mark=Mark(1, b"another", 0)), shown(0, mark=Mark(1, b"another", 2))),
    (CLAIMED, first("witness", mark=LOST), first("witness"), first("show", "a", 9, b"z", 1, 0)),
    # Another history on the same server: none that high, another nonce, an epoch that it does not know.
    (CLAIMED, first("witness", mark=Mark(2, b"x", 1)), first("witness")),
    (CLAIMED, first("witness", mark=Mark(1, b"another", 1)), first("witness")),
    (CLAIMED, first("witness", mark=Mark(1, b"x", 1)), first("witness")),
    (CLAIMED, first("witness", mark=Mark(1, b"x", 2)), first("witness")),
    (CLAIMED, first("witness", mark=Mark(1, b"another", 0)), first("witness")),
    # As many events later the ring has the same nonce at the same place.
    (CLAIMED, then(0, "witness"), shown(0, mark=Mark(1 + RING, b"x", 1))),
    # An empty store: a person must look, even where all have shown.
    (first("witness", mark=LOST), first("show", "a", 4, b"z", 1, 0), on("p1", GRACE, "a", NONE, "witness")),
    (
        first("witness", mark=Mark(LEAP + 7, b"z", 3)),
        first("claim", *ONCE),
        first("claim", *READ),
        first("acknowledge", "ada", "looked", gateway=""),
        first("witness", gateway="", mark=NONE),
    ),
    # A tenant of which nothing is known: where another primary may have known more, those who may know are waited for.
    (
        first("introduce", True, "p0", "b", "a"),
        first("claim", *ONCE),
        first("show", "a", 0, b"", 0, 0),
        on("p1", GRACE, "a", NONE, "witness"),
        first("introduce", True, "p0", "c"),
        on("p1", GRACE, "b", NONE, "show", "b", 0, b"", 0, 0),
    ),
    (first("introduce", True, "", "b"), first("introduce", True, "p1", "b"), first("claim", *ONCE)),
    (CLAIMED, first("introduce", True, "p0", "b")),
    (
        first("witness", mark=LOST),
        first("introduce", False, "p0", "b"),
        first("introduce", True, "p0", "b"),
        first("show", "a", 4, b"z", 1, 0),
        first("show", "b", 4, b"z", 1, 0, gateway="b"),
        on("p1", GRACE, "a", NONE, "witness"),
    ),
    (CLAIMED, then(0, "witness"), shown(0, forgotten=9), then(0, "introduce", True, "p0", "b")),
    # A gateway whose entry is among what was lost, or that is new.
    (CLAIMED, then(0, "witness", gateway="b"), then(0, "witness", gateway="c", mark=LOST), shown(0), then(GRACE, "witness")),
    # What a gateway has forgotten itself.
    (
        then(0, "witness", mark=OF_ONE),
        shown(0, forgotten=9),
        then(0, "introduce", True, "p2", gateway="b"),
        then(GRACE, "witness"),
    ),
    (CLAIMED, then(0, "witness"), shown(0, forgotten=1), then(GRACE, "witness")),
    (CLAIMED, then(0, "witness"), shown(0, forgotten=2), shown(0, forgotten=3), then(GRACE, "witness")),
    (*SETTLED, then(GRACE, "show", "a", 1, b"x", 1, 99)),
    # Another one while the history is open: what has to be put back is what either has lost.
    (
        CLAIMED,
        then(0, "witness"),
        then(0, "oblige", 1, "token:x", 1),
        *(on("p3", 0, "a", NONE, name, *args) for name, args in (("witness", ()), ("show", ("a", 1, b"x", 2, 0)))),
        on("p3", GRACE, "a", NONE, "witness"),
    ),
    (
        CLAIMED,
        then(0, "witness"),
        shown(0, forgotten=9),
        on("p3", 0, "a", NONE, "show", "a", 1, b"x", 2, 0),
        on("p3", GRACE, "a", NONE, "witness"),
    ),
    # What is settled, and read or acted, has no review that could wait for the history.
    *(
        (
            first("claim", *terms),
            first("cancel", "cancelled", RETENTION),
            then(0, "resolve", InvocationState.SUCCEEDED, "seen", "ada", "looked", RETENTION, TIMEOUT, 1, 0),
        )
        for terms in (READ, ONCE)
    ),
    # A record is put back where there is none, over one of a time before it, and not over what came later.
    (first("witness"), then(0, "restore", LEASE, RETENTION, WAS), then(0, "heartbeat", 1, LEASE), then(0, "record", 1, *DONE)),
    (first("witness"), then(0, "restore", 1, RETENTION, WAS), then(1, "take_from_lost", *FROM_LOST)),
    (CLAIMED, then(0, "restore", LEASE, RETENTION, WAS), then(0, "restore", LEASE, RETENTION, WAS)),
    (CLAIMED, *(first("oblige", 1, f"token:{n}", 1) for n in range(6)), then(0, "restore", LEASE, RETENTION, WAS)),
    (CLAIMED, first("cancel", "cancelled", RETENTION), then(0, "restore", LEASE, RETENTION, WAS), then(0, "cancel", "c", 9)),
    (CLAIMED, on("p1", LEASE, "a", NONE, "take_from_lost", *FROM_LOST), then(LEASE, "restore", LEASE, RETENTION, WAS)),
    (CLAIMED, first("retry", 1, 5, True, "not sent"), then(0, "restore", LEASE, RETENTION, WAS)),
    (first("witness"), then(0, "restore", LEASE, RETENTION, ENDED), then(0, "claim", *ONCE), then(0, "restore", 1, 9, WAS)),
    (CLAIMED, first("dispatch", 1, 1, "b"), then(0, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, first("dispatch", 1, 1, "b"), first("record", 1, *DONE), then(0, "restore", LEASE, RETENTION, UNKNOWN)),
    (
        CLAIMED,
        first("dispatch", 1, 1, "b"),
        on("p1", LEASE, "a", NONE, "take_from_lost", *FROM_LOST),
        then(LEASE, "restore", LEASE, RETENTION, ENDED),
    ),
    (
        CLAIMED,
        first("dispatch", 1, 1, "b"),
        on("p1", LEASE, "a", NONE, "take_from_lost", *FROM_LOST),
        on("p1", LEASE, "a", NONE, "discharge", "box:b", "BOX_REMOVED"),
        on("p1", LEASE, "a", NONE, "resolve", InvocationState.SUCCEEDED, "seen", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
        then(LEASE, "restore", LEASE, RETENTION, ENDED),
    ),
    (
        first("witness"),
        then(0, "restore", LEASE, RETENTION, UNKNOWN),
        then(0, "resolve", InvocationState.FAILED, "no", "ada", "looked", RETENTION, TIMEOUT, 1, 1),
    ),
    (first("witness"), then(0, "restore", LEASE, RETENTION, UNKNOWN), then(0, "restore", LEASE, RETENTION, UNKNOWN)),
    (
        first("witness"),
        then(0, "restore", LEASE, RETENTION, UNKNOWN),
        then(0, "expire_review", 0, "callgate", "old", RETENTION),
    ),
    # What is presumed of a lost holder gives way to the end that was told, and a decision does not.
    (*EXHAUSTED, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (*EXHAUSTED, LOOKED_AT, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, *TAKEN, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, *TAKEN, LOOKED_AT, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, first("oblige", 1, "token:x", 1), *TAKEN, LOOKED_AT, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, *TAKEN, LEFT_OPEN, then(LEASE, "restore", LEASE, RETENTION, ENDED)),
    (*EXHAUSTED, then(LEASE, "restore", LEASE, RETENTION, JUDGED)),
    (*EXHAUSTED, then(LEASE, "restore", LEASE, RETENTION, PRESUMED)),
    (CLAIMED, first("dispatch", 1, 1, "b"), first("record", 1, *JUDGEMENT), then(0, "restore", LEASE, RETENTION, PRESUMED)),
    (CLAIMED, first("dispatch", 1, 1, "b"), first("record", 1, *JUDGEMENT), then(0, "restore", LEASE, RETENTION, UNKNOWN)),
    (CLAIMED, first("dispatch", 1, 1, "b"), first("record", 1, *JUDGEMENT), then(0, "restore", LEASE, RETENTION, ENDED)),
    (CLAIMED, first("dispatch", 1, 1, "b"), then(0, "restore", LEASE, RETENTION, PRESUMED)),
    (CLAIMED, *TAKEN, on("p1", LEASE, "a", NONE, "record", 1, *JUDGEMENT), then(LEASE, "restore", LEASE, RETENTION, UNKNOWN)),
    # An end that was told is put back, also of a call that was never let go.
    (first("witness"), then(0, "restore", LEASE, RETENTION, CANCELLED), then(0, "claim", *ONCE)),
    (CLAIMED, then(0, "restore", LEASE, RETENTION, CANCELLED), then(0, "dispatch", 1, 1, "b")),
    (CLAIMED, first("dispatch", 1, 1, "b"), then(0, "restore", LEASE, RETENTION, CANCELLED), then(0, "record", 1, *DONE)),
    # That of a free key is, and leaves it free; but not over the call that has taken its place.
    (first("witness"), then(0, "restore", LEASE, RETENTION, FREE), *SHOWN, then(GRACE, "claim", *ONCE)),
    (CLAIMED, first("dispatch", 1, 1, "b"), then(0, "restore", LEASE, RETENTION, FREE)),
    (CLAIMED, first("release", 1), first("claim", *ONCE), then(0, "restore", LEASE, RETENTION, FREE)),
    (CLAIMED, first("oblige", 1, "token:x", 1), then(0, "restore", LEASE, RETENTION, FREE)),
    (  # what is settled is later, though only its fence tells when it was dispatched
        CLAIMED,
        first("dispatch", 1, 1, "b"),
        first("record", 1, *DONE),
        first("discharge", "box:b", "BOX_REMOVED"),
        then(0, "restore", LEASE, RETENTION, UNKNOWN),
        then(0, "restore", LEASE, RETENTION, WAS),
    ),
    (
        first("claim", *READ),
        first("retry", 1, 0, False, "sent", "b"),
        first("resume", LEASE),
        first("dispatch", 4, 1, "c"),
        then(0, "restore", LEASE, RETENTION, WAS),
    ),
    *(
        (*begun, then(0, "restore", LEASE, RETENTION, replace(WAS, dispatching=None)))
        for begun in ((CLAIMED,), (first("witness"),))
    ),
)

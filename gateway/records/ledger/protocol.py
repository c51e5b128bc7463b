"""The ledger: remembers invocations, so that the same key never acts twice. This is the protocol.

A *fence* is the number of an event, from one counter per tenant that never goes back. The gateway that has
the newest fence of a record may move it; every other write is refused. A lease only says when the holder counts as lost, never
which gateway may act.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from gateway.model.invocation import Attempt, Event, Invocation, Outcome, Request
from gateway.model.principal import Principal


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


@dataclass(frozen=True, slots=True)
class FencedLease:
    """The right to move one record. Every transition shows it; a stale one is refused with Fenced."""

    tenant: str
    id: str
    fence: int


@dataclass(frozen=True, slots=True)
class New:
    """The key was free: the caller now holds the invocation."""

    held: FencedLease


@dataclass(frozen=True, slots=True)
class Known:
    """The key is taken by the very same request, ended or under way."""

    invocation: Invocation


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key is taken by another request."""


Claimed = New | Known | Conflict


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decision about an invocation under review, with its author and reason: both stay in the audit log.

    `outcome` is the end; None means another try: up to `attempts` more, which may be dispatched within `timeout` seconds.
    `seen`: how many attempts there were when the author looked. A decision about those says nothing of a later one.
    """

    author: str
    reason: str
    outcome: Outcome | None
    attempts: int
    timeout: float
    seen: int


class Fenced(Exception):
    """Another gateway holds the record now, or its state forbids the transition. The loser must stop."""


class Ledger(Protocol):
    """Every method raises StoreUnavailable where the store does not answer. Times in seconds."""

    async def claim(self, id: str, fingerprint: str, principal: Principal, request: Request, *, lease: float) -> Claimed:
        """Take the key, or say who has it.

        Raises StoreUntrusted where the store could lose what it acknowledges, and StoreRolledBack where it has, and the call
        may not be repeated.
        """
        ...

    async def oblige(self, held: FencedLease, accessor: str, attempt: int) -> None:
        """Remember that a token must be revoked. Raises Fenced: then revoke it at once."""
        ...

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        """Make DISPATCHED durable:

        the only licence to send where one is needed, and at most one for a call that is not repeatable. Raises Fenced,
        StoreRolledBack.
        """
        ...

    async def heartbeat(self, held: FencedLease, *, lease: float) -> bool:
        """Prolong the lease. Answers whether the invocation was cancelled. Raises Fenced."""
        ...

    async def retry(self, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = "") -> None:
        """End an attempt that another follows. Gives the hold up. Raises Fenced where the evidence forbids a repetition.

        `unasked`: the box that sent without a permission, where no DISPATCHED tells of it yet. It is written in the same step.
        """
        ...

    async def resume(self, tenant: str, id: str, *, lease: float) -> FencedLease:
        """Take up an invocation whose delay is over. Raises Fenced where it is not due, or taken."""
        ...

    async def record(
        self, held: FencedLease, outcome: Outcome, attempt: Attempt | None, *, review: bool = False, unasked: str = ""
    ) -> Invocation:
        """Write the end, and answer what stands now. Accepted late, too, from the one dispatched attempt. Raises Fenced.

        Saying the same again is accepted. An UNKNOWN goes under review, anything else where `review` asks for it.
        `unasked` as for `retry`.
        """
        ...

    async def release(self, held: FencedLease) -> None:
        """Forget an invocation of which nothing was sent and nothing will be: its key is free again. Raises Fenced."""
        ...

    async def cancel(self, tenant: str, id: str, outcome: Outcome) -> None:
        """End with `outcome` what has sent nothing that counts; leave a request for the end with its holder otherwise."""
        ...

    async def resolve(self, tenant: str, id: str, resolution: Resolution) -> None:
        """Decide an open review. Raises ReviewNotOpen, also where another attempt was made since, and BoxNotGone.

        The latter while the box last dispatched could still act.
        """
        ...

    async def discharge(self, tenant: str, id: str, obligation: str) -> None:
        """Note that an obligation (`token:ACCESSOR` or `box:NAME`) is met. Repeating it changes nothing."""
        ...

    async def take_from_lost(self, tenant: str, id: str) -> None:
        """Take an invocation from a holder whose lease has lapsed, as its effect permits. Nothing happens before that."""
        ...

    async def acknowledge(self, tenant: str, author: str, reason: str) -> bool:
        """End the tenant's quarantine, by name and with a reason. Answers whether there was one."""
        ...

    async def read(self, tenant: str, id: str) -> Invocation | None: ...

    def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        """The events with greater numbers, past ones first, until the end; with `settled`, until nothing is owed either."""
        ...

    async def tenants(self) -> list[str]: ...

    async def lost_holders(self, tenant: str) -> list[str]:
        """Ids of invocations whose holder's lease has run out."""
        ...

    async def due(self, tenant: str, *, age: float) -> list[str]:
        """Ids of invocations whose next attempt could have started at least `age` seconds ago, and has not."""
        ...

    async def reviews(self, tenant: str) -> list[str]:
        """Ids of the invocations under review, oldest first, at most 100."""
        ...

    async def box_gone(self, tenant: str, id: str) -> bool:
        """Whether the box that was last allowed to send is confirmed gone: what is found upstream from then on is final."""
        ...

    async def quarantined(self, tenant: str) -> bool: ...

    async def owed(self, tenant: str, *, age: float) -> list[tuple[str, str]]:
        """Obligations at least `age` seconds old, as (id, obligation)."""
        ...

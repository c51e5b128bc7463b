"""The ledger in Redis: each transition is one Function of `ledger.lua`, and this module is its caller."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from types import MappingProxyType
from typing import Any

import structlog

from gateway.model.errors import BoxNotGone, ReviewNotOpen, StoreRolledBack, StoreUnavailable
from gateway.model.invocation import RETENTION, Attempt, Event, Invocation, InvocationState, Outcome, Request, Review
from gateway.model.principal import Principal
from gateway.records.ledger.codec import (
    decode_attempt,
    decode_outcome,
    decode_principal,
    decode_request,
    encode_attempt,
    encode_outcome,
    encode_principal,
    encode_request,
)
from gateway.records.ledger.journal import Completion, Journal
from gateway.records.ledger.lost_attempts import exhausted_outcome, lost_attempt, unknown_outcome
from gateway.records.ledger.protocol import (
    Claimed,
    Conflict,
    Fenced,
    FencedLease,
    Known,
    New,
    Resolution,
    milliseconds,
)
from gateway.records.ledger.settled import REST, unfold
from gateway.records.ledger.settled import events as events_of
from gateway.records.ledger.specification.record import LEAP
from gateway.records.ledger.stalled_leases import StalledLeases
from gateway.records.ledger.watermarks import Watermarks
from gateway.records.redis.client import Store, Value
from sandbox.api.result import Evidence

log = structlog.get_logger(__name__)

TENANTS = "cg:tenants"

#: What a tenant's transitions share. In the order of the Functions' KEYS.
SHARED = ("leases", "due", "obligations", "sequence", "audit", "quarantine", "reviews")

#: Seconds that one wait for events takes, before the record is looked at again.
WATCH_BLOCK = 1.0

#: Seconds: what lies farther ahead was most likely put there before the store's clock went back. The Functions judge.
FAR = 60.0

#: How many claims without a reply are remembered: the oldest is then left to its lease.
DOUBTS = 1000


class RedisLedger:
    """See `gateway.records.ledger.protocol.Ledger` for the promises."""

    def __init__(self, store: Store, *, watermarks: Watermarks | None = None, journal: Journal | None = None) -> None:
        """Without `watermarks` and `journal`, nothing is remembered of the store, or for it, beyond this process."""
        self._store = store
        self._watermarks, self._journal = watermarks or Watermarks(), journal or Journal()
        self._tenants: set[str] = set()
        self._stalled_leases = StalledLeases()
        self._doubtful: dict[tuple[str, str], str] = {}

    async def claim(self, id: str, fingerprint: str, principal: Principal, request: Request, *, lease: float) -> Claimed:
        self._store.require_trusted()
        await self.know(principal.tenant)
        # Where this gateway's last claim of the id got no reply, it may have been made all the same: the nonce tells.
        nonce = self._doubtful.pop((principal.tenant, id), None) or token_hex(8)
        try:
            reply = await self._step("claim", principal.tenant, id, *_terms(fingerprint, nonce, principal, request, lease))
        except StoreUnavailable:
            self._remember_doubt(principal.tenant, id, nonce)
            raise
        if reply[0] == b"NEW":
            return New(FencedLease(principal.tenant, id, reply[2]))
        return Conflict() if reply[0] == b"CONFLICT" else Known(_invocation(id, _pairs(reply[2])))

    async def oblige(self, held: FencedLease, accessor: str, attempt: int) -> None:
        await self._move("oblige", held, f"token:{accessor}", attempt)

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        await self._move("dispatch", held, attempt, box)

    async def heartbeat(self, held: FencedLease, *, lease: float) -> bool:
        reply = await self._move("heartbeat", held, milliseconds(lease))
        return bool(reply[2] == b"1")

    async def retry(self, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = "") -> None:
        not_sent = int(attempt.evidence is Evidence.NOT_SENT)
        await self._move("retry", held, milliseconds(delay), not_sent, encode_attempt(attempt), unasked)

    async def resume(self, tenant: str, id: str, *, lease: float) -> FencedLease:
        return FencedLease(tenant, id, (await self._step("resume", tenant, id, milliseconds(lease)))[2])

    async def record(
        self, held: FencedLease, outcome: Outcome, attempt: Attempt | None, *, review: bool = False, unasked: str = ""
    ) -> Invocation:
        said, kept = encode_outcome(outcome), encode_attempt(attempt) if attempt else b""
        end = outcome.verdict.state, said, kept, milliseconds(RETENTION), int(review), unasked
        try:
            reply = await self._move("record", held, *end)
        except StoreUnavailable:
            with _written(held):
                await self._journal.keep(Completion(held, outcome, attempt, review, unasked))
            raise
        with _written(held):
            await self._journal.strike(held)
        return _invocation(held.id, _pairs(reply[2]), {said: outcome, kept: attempt})

    async def release(self, held: FencedLease) -> None:
        await self._move("release", held)

    async def cancel(self, tenant: str, id: str, outcome: Outcome) -> None:
        await self._step("cancel", tenant, id, encode_outcome(outcome), milliseconds(RETENTION))

    async def resolve(self, tenant: str, id: str, resolution: Resolution) -> None:
        outcome = resolution.outcome
        state, encoded = (outcome.verdict.state, encode_outcome(outcome)) if outcome else (InvocationState.RETRY_WAIT, b"")
        said = state, encoded, resolution.author, resolution.reason
        terms = milliseconds(RETENTION), milliseconds(resolution.timeout), resolution.attempts, resolution.seen
        reply = await self._step("resolve", tenant, id, *said, *terms)
        if reply[0] == b"CLOSED":
            raise ReviewNotOpen(f"{id} is not under review")
        if reply[0] == b"BOX_THERE":
            raise BoxNotGone(f"the box of {id} is not confirmed gone")

    async def discharge(self, tenant: str, id: str, obligation: str) -> None:
        kind = "TOKEN_REVOKED" if obligation.startswith("token:") else "BOX_REMOVED"
        await self._step("discharge", tenant, id, obligation, kind)

    async def take_from_lost(self, tenant: str, id: str) -> None:
        invocation = await self.read(tenant, id)
        attempt = encode_attempt(lost_attempt(invocation)) if invocation else b""
        exhausted, unknown = encode_outcome(exhausted_outcome()), encode_outcome(unknown_outcome())
        await self._step("take_from_lost", tenant, id, exhausted, unknown, attempt, milliseconds(RETENTION))

    async def write_down(self) -> None:
        """Record the ends that could not be recorded when they came, by this gateway or by one before it."""
        for kept in await self._journal.entries():
            try:
                await self.record(kept.held, kept.outcome, kept.attempt, review=kept.review, unasked=kept.unasked)
            except Fenced:
                await self._give_up(kept)

    async def _give_up(self, kept: Completion) -> None:
        """It has ended otherwise, or been taken over as its effect permits. Where there is no record, that of a READ was
        dropped before it told of the sending: a caller who asks has it made again. Otherwise a missing record is a defect."""
        if kept.unasked or await self.read(kept.held.tenant, kept.held.id):
            await self._journal.strike(kept.held)
        else:
            log.error("completion_of_no_record", invocation=kept.held.id, verdict=kept.outcome.verdict)
            await self._journal.set_aside(kept.held)

    async def remember(self) -> None:
        """Keep on the disk how far the store has come. To be called every second."""
        await self._watermarks.sync()

    async def witness(self) -> None:
        """Show the store how far it had come: every tenant whose transitions it has lost is in quarantine from now on."""
        for tenant in self._watermarks.tenants():
            await self._step("witness", tenant, "")

    async def acknowledge(self, tenant: str, author: str, reason: str) -> bool:
        return bool((await self._step("acknowledge", tenant, "", author, reason))[0] == b"OK")

    async def read(self, tenant: str, id: str) -> Invocation | None:
        stored = await self._store.hash(tenant_keys(tenant, id)[0])
        return _invocation(id, stored) if stored else None

    async def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        while True:
            # The end is read before the events: one that comes between the two is then still delivered.
            over = await self._over(tenant, id, settled=settled)
            found = await self._store.stream(tenant_keys(tenant, id)[1], after, block=0.001 if over else WATCH_BLOCK)
            for event in (_event(*entry) for entry in found) if found or not over else await self._settled(tenant, id, after):
                after = event.number
                yield event
            if over:
                return

    async def tenants(self) -> list[str]:
        return await self._store.members(TENANTS)

    async def lost_holders(self, tenant: str) -> list[str]:
        key = tenant_keys(tenant, "")[2]
        return await self._store.due(key) + self._stalled_leases.of(tenant, await self._store.ahead(key, FAR))

    async def due(self, tenant: str, *, age: float) -> list[str]:
        key = tenant_keys(tenant, "")[3]
        return await self._store.due(key, age=age) + list(await self._store.ahead(key, FAR))

    async def reviews(self, tenant: str) -> list[str]:
        return await self._store.members_in_order(tenant_keys(tenant, "")[8])

    async def box_gone(self, tenant: str, id: str) -> bool:
        keys = tenant_keys(tenant, id)
        box = (await self._store.hash_values(keys[0], ["box"]))[0]
        return box is None or not await self._store.in_sorted_set(keys[4], f"{id} {box.decode()}")

    async def quarantined(self, tenant: str) -> bool:
        return bool(await self._store.hash(tenant_keys(tenant, "")[7]))

    async def owed(self, tenant: str, *, age: float) -> list[tuple[str, str]]:
        key = tenant_keys(tenant, "")[4]
        found = await self._store.due(key, age=age) + list(await self._store.ahead(key, FAR))
        return [(id, obligation) for id, _, obligation in (member.partition(" ") for member in found)]

    async def _settled(self, tenant: str, id: str, after: int) -> list[Event]:
        """The greater events of a record that has no stream any more."""
        (rest,) = await self._store.hash_values(tenant_keys(tenant, id)[0], [REST.decode()])
        return [event for event in events_of(rest or b"") if event.number > after]

    async def _over(self, tenant: str, id: str, *, settled: bool) -> bool:
        state, owed = await self._store.hash_values(tenant_keys(tenant, id)[0], ["st", "owed"])
        return state is None or (InvocationState(state.decode()).ended and not (settled and int(owed or 0) > 0))

    async def know(self, tenant: str) -> None:
        """Put a tenant on the list of those whose records must be looked after."""
        if tenant not in self._tenants:
            await self._store.add_to_set(TENANTS, tenant)
            self._tenants.add(tenant)

    def _remember_doubt(self, tenant: str, id: str, nonce: str) -> None:
        self._doubtful[tenant, id] = nonce
        if len(self._doubtful) > DOUBTS:
            del self._doubtful[next(iter(self._doubtful))]

    async def _move(self, transition: str, held: FencedLease, *args: Value) -> list[Any]:
        return await self._step(transition, held.tenant, held.id, held.fence, *args)

    async def _step(self, transition: str, tenant: str, id: str, *args: Value) -> list[Any]:
        mark = self._watermarks.of(tenant)
        reply = await self._store.call(f"callgate_v2_{transition}", tenant_keys(tenant, id), [id, mark, *args])
        self._watermarks.saw(tenant, reply[1])
        if 0 < mark < reply[1] - LEAP:
            log.error("store_rolled_back", tenant=tenant, seen=mark)
            self._tenants.clear()  # what the store knows of its tenants may be lost, too
        if reply[0] == b"FENCED":
            raise Fenced(id)
        if reply[0] == b"QUARANTINED":
            raise StoreRolledBack(f"the store of {tenant} has lost what it had acknowledged")
        return reply


@contextmanager
def _written(held: FencedLease) -> Iterator[None]:
    """A disk that fails must not take an end with it that is still in memory, nor one that the ledger has."""
    try:
        yield
    except OSError as error:
        log.error("journal_failed", invocation=held.id, error=str(error))  # noqa: TRY400 - no defect


def tenant_keys(tenant: str, id: str) -> list[str]:
    """The KEYS of every Function, in order. The braces make Redis Cluster keep them together."""
    own = [f"cg:{{{tenant}}}:{kind}:{id}" for kind in ("record", "events")]
    return own + [f"cg:{{{tenant}}}:{kind}" for kind in SHARED]


def _terms(fingerprint: str, nonce: str, principal: Principal, request: Request, lease: float) -> list[Value]:
    times = milliseconds(lease), milliseconds(request.timeout)
    repeatable = int(request.effect.repeatable), milliseconds(request.repeatable_for or 0)
    fields = {**encode_request(request), "principal": encode_principal(principal)}
    return [fingerprint, nonce, *times, *repeatable, request.max_attempts, *(part for pair in fields.items() for part in pair)]


def _pairs(flat: list[bytes]) -> dict[bytes, bytes]:
    found = iter(flat)
    return dict(zip(found, found, strict=True))


def _review(stored: dict[bytes, bytes]) -> Review | None:
    if b"ro" not in stored:
        return None
    return Review(int(stored[b"ro"]) / 1000, stored.get(b"ra", b"").decode(), stored.get(b"rr", b"").decode())


def _invocation(id: str, record: Mapping[bytes, bytes], known: Mapping[bytes, Any] = MappingProxyType({})) -> Invocation:
    """`known`: what some of the encoded values mean, which need not be decoded."""
    stored = unfold(record)
    encoded = [stored[b"a:%d" % number] for number in range(1, int(stored.get(b"att", 0)) + 1)]
    attempts = [known.get(one) or decode_attempt(one) for one in encoded]
    outcome = stored.get(b"outcome")
    return Invocation(
        id=id,
        principal=decode_principal(stored[b"principal"]),
        request=decode_request(stored),
        state=InvocationState(stored[b"st"].decode()),
        outcome=(known.get(outcome) or decode_outcome(outcome)) if outcome else None,
        attempts=tuple(_numbered(attempt, number) for number, attempt in enumerate(attempts, 1)),
        accepted=int(stored[b"accepted"]) / 1000,
        deadline=int(stored.get(b"deadline", 0)) / 1000,
        ended=int(stored[b"ended"]) / 1000 if b"ended" in stored else None,
        max_attempts=int(stored[b"max"]),
        review=_review(stored),
    )


def _numbered(attempt: Attempt, number: int) -> Attempt:
    return attempt if attempt.number == number else replace(attempt, number=number)


def _event(number: int, entry: dict[str, str]) -> Event:
    attributes = {name: value for name, value in entry.items() if name not in {"time", "state", "kind"}}
    return Event(number, int(entry["time"]) / 1000, InvocationState(entry["state"]), entry["kind"], attributes)

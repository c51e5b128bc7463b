"""The ledger in Redis: each transition is one Function of `ledger.lua`, and this module is its caller."""

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Any

import structlog

from gateway.model.errors import BoxNotGone, ReviewNotOpen, StoreUnavailable, StoreUnsettled
from gateway.model.invocation import RETENTION, Attempt, Event, Invocation, InvocationState, Outcome, Request
from gateway.model.principal import Principal
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.model.run import RunKey, RunStatus, over
from gateway.records.ledger.codec import encode_attempt, encode_outcome
from gateway.records.ledger.disk import cure_of_disk
from gateway.records.ledger.journal import Completion, Journal
from gateway.records.ledger.lost_attempts import dropped_outcome, exhausted_outcome, lost_attempt, out_of_time, unknown_outcome
from gateway.records.ledger.packed import fields_of
from gateway.records.ledger.protocol import (
    Acceptance,
    Claimed,
    Conflict,
    DeclaredLoss,
    Fenced,
    FencedLease,
    HistoryState,
    Known,
    New,
    OpenReview,
    Resolution,
    Resumed,
    ReviewRule,
    TimeBounds,
    discharging,
    milliseconds,
)
from gateway.records.ledger.settled import REST, unfold
from gateway.records.ledger.settled import events as events_of
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.stalled_leases import StalledLeases
from gateway.records.ledger.witness import Witness
from gateway.records.redis.claim_terms import keys_of_run, terms_of
from gateway.records.redis.client import Store, Value
from gateway.records.redis.sorted_pages import PAGE, Member, members
from gateway.records.redis.store_history import StoreHistory
from gateway.records.redis.stored_invocations import event_of, invocation_of
from gateway.records.redis.tenant_keys import TENANTS, tenant_keys
from registry.model.tool import Effect

log = structlog.get_logger(__name__)

#: Seconds that one wait for events takes, before the record is looked at again.
WATCH_BLOCK = 1.0

#: Seconds: what lies farther ahead was most likely put there before the store's clock went back. The Functions judge.
FAR = 60.0

#: The events that tell of a record which was not there before.
ACCEPTING = {b"CLAIMED", b"RESTORED"}

#: How many claims without a reply are remembered: the oldest is then left to its lease.
DOUBTS = 1000


class RedisLedger:
    """See `gateway.records.ledger.protocol.Ledger` for the promises."""

    def __init__(
        self,
        store: Store,
        *,
        witness: Witness | None = None,
        journal: Journal | None = None,
        quotas: Quotas | None = None,
    ) -> None:
        """Without `witness` and `journal`, nothing is remembered of the store, or for it, beyond this process."""
        self._most_reviews = (quotas or Quotas()).reviews
        self._store, self._journal = store, journal or Journal()
        self._history = StoreHistory(store, witness or Witness())
        self._tenants: set[str] = set()
        self._stalled_leases = StalledLeases()
        self._doubtful: dict[tuple[str, str], str] = {}

    async def claim(
        self,
        id: str,
        fingerprint: str,
        principal: Principal,
        request: Request,
        *,
        lease: float,
        call_token: str = "",
        looks: bool = False,
    ) -> Claimed:
        # Where this gateway's last claim of the id got no reply, it may have been made all the same: the nonce tells.
        nonce, asked = self._doubtful.pop((principal.tenant, id), None) or token_hex(8), monotonic()
        try:
            terms = terms_of(fingerprint, nonce, principal, request, lease, call=call_token, most_reviews=self._most_reviews)
            run = RunKey(principal, request.run_id) if request.run_id and not looks else None
            reply = await self.begin("claim", principal.tenant, id, *terms, further=keys_of_run(run))
        except StoreUnavailable:
            self._remember_doubt(principal.tenant, id, nonce)
            raise
        if reply[0] == b"NEW":
            return New(FencedLease(principal.tenant, id, reply[2]), TimeBounds.since(asked, *reply[3:]), nonce)
        if reply[0] == b"CROWDED":
            raise exceeded(QuotaUse("reviews", int(reply[2]), self._most_reviews))
        if reply[0] == b"RUN_OVER" and run:
            raise over(run, RunStatus(reply[2].decode()))
        if reply[0] == b"CONFLICT":
            return Conflict()
        known = invocation_of(id, fields_of(reply[2]))
        if run and reply[3:] and known.request.run_id == run.name:
            await self.begin("run_attach", principal.tenant, id, further=keys_of_run(run))
        return Known(known)

    async def begin(self, transition: str, tenant: str, id: str, *args: Value, further: Sequence[str] = ()) -> list[Any]:
        """A step that begins something new for the tenant, as soon as its history is settled. Answers as `_step`."""
        self._store.require_trusted()
        await self.know(tenant)
        await self._history.introduce(tenant)
        return await self._history.once_settled(partial(self._step, transition, tenant, id, *args, further=further))

    async def review_use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How many open reviews a tenant has, of how many."""
        return (QuotaUse("reviews", await self._store.cardinality(f"cg:{{{tenant}}}:reviews"), self._most_reviews),)

    async def oblige(self, held: FencedLease, accessor: str, attempt: int) -> None:
        await self._move("oblige", held, f"token:{accessor}", attempt)

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        _, mark, *record = await self._move("dispatch", held, attempt, box)
        if record:  # it acts
            self._history.permitted(held.tenant, held.id, mark, record[0])

    async def heartbeat(self, held: FencedLease, *, lease: float, falling_back: bool = False) -> bool:
        reply = await self._move("heartbeat", held, milliseconds(lease), int(falling_back))
        return bool(reply[2] == b"1")

    async def retry(self, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = "") -> None:
        undone = int(attempt.evidence.undone)
        await self._move("retry", held, milliseconds(delay), undone, encode_attempt(attempt), unasked)
        if undone:
            self._history.taken_back(held)

    async def resume(self, tenant: str, id: str, *, lease: float) -> Resumed:
        asked = monotonic()
        try:
            reply = await self._step("resume", tenant, id, milliseconds(lease))
        except StoreUnsettled:
            raise Fenced(id) from None  # not due before the history is settled
        return Resumed(FencedLease(tenant, id, reply[2]), TimeBounds.since(asked, *reply[3:]))

    async def record(
        self,
        held: FencedLease,
        outcome: Outcome,
        attempt: Attempt | None,
        *,
        review: bool = False,
        unasked: str = "",
        refused: bool = False,
    ) -> Invocation:
        said, kept = encode_outcome(outcome), encode_attempt(attempt) if attempt else b""
        terms = milliseconds(RETENTION), int(review), unasked, int(outcome.not_done), int(refused)
        try:
            reply = await self._move("record", held, outcome.verdict.state, said, kept, *terms)
        except StoreUnavailable:
            with _written(held.id):
                await self._journal.keep(Completion(held, outcome, attempt, review, unasked, refused))
            raise
        _, mark, packed, acts = reply
        if acts:
            self._remember_end(held.tenant, held.id, mark, packed)
        with _written(held.id):
            await self._journal.strike(held)
        return invocation_of(held.id, fields_of(packed), {said: outcome, kept: attempt})

    async def release(self, held: FencedLease) -> None:
        await self._move("release", held)
        self._history.taken_back(held)

    async def cancel(self, tenant: str, id: str, outcome: Outcome, *, seen: int) -> bool:
        reply = await self._step("cancel", tenant, id, encode_outcome(outcome), milliseconds(RETENTION), seen)
        self._remember_end(tenant, id, *reply[1:])
        return bool(reply[0] != b"CHANGED")

    async def resolve(self, tenant: str, id: str, resolution: Resolution) -> None:
        outcome = resolution.outcome
        state, encoded = (outcome.verdict.state, encode_outcome(outcome)) if outcome else (InvocationState.RETRY_WAIT, b"")
        said = state, encoded, resolution.author, resolution.reason
        terms = milliseconds(RETENTION), milliseconds(resolution.timeout), resolution.attempts, resolution.seen
        reply = await self._step("resolve", tenant, id, *said, *terms, resolution.decision)
        if reply[0] == b"CLOSED":
            raise ReviewNotOpen(f"{id} is not under review")
        if reply[0] == b"BOX_THERE":
            raise BoxNotGone(f"the box of {id} is not confirmed gone")
        if reply[0] == b"REPEATED":  # who applied it may have got no reply, and have remembered nothing
            self._remember_end_again(tenant, id, *reply[1:])
        else:
            self._remember_end(tenant, id, *reply[1:])

    async def expire_review(self, tenant: str, id: str, rule: ReviewRule) -> bool:
        said = milliseconds(rule.age), rule.author, rule.reason, milliseconds(RETENTION)
        return bool((await self._step("expire_review", tenant, id, *said))[0] == b"OK")

    async def discharge(self, tenant: str, id: str, obligation: str, word: DeclaredLoss | None = None) -> None:
        await self._step("discharge", tenant, id, obligation, *discharging(obligation, word))

    async def take_from_lost(self, tenant: str, id: str) -> None:
        invocation = await self.read(tenant, id)
        attempt = encode_attempt(lost_attempt(invocation)) if invocation else b""
        effect = invocation.request.effect if invocation else Effect.NON_IDEMPOTENT
        ends = exhausted_outcome(effect), unknown_outcome(), out_of_time(effect), dropped_outcome()
        exhausted, unknown, over, dropped = map(encode_outcome, ends)
        with suppress(StoreUnsettled):  # it is taken when the history is settled
            terms = exhausted, unknown, attempt, milliseconds(RETENTION), over, dropped
            reply = await self._step("take_from_lost", tenant, id, *terms)
            self._remember_end(tenant, id, *reply[1:], presumed=True)

    async def write_down(self) -> None:
        """Record the ends that could not be recorded when they came, by this gateway or by one before it."""
        for kept in await self._journal.entries():
            try:
                end = kept.held, kept.outcome, kept.attempt
                await self.record(*end, review=kept.review, unasked=kept.unasked, refused=kept.refused)
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
        """Show the store how far it had come, put back what it has lost, and keep on the disk what was seen. Every second."""
        try:
            await self._history.remember()
        except OSError as error:
            self._history.unwritten = error
            raise
        self._history.unwritten = None

    @property
    def unwritten(self) -> OSError | None:
        """Why the state directory did not take what was to be remembered last; None where it did."""
        return self._history.unwritten

    async def retire(self) -> None:
        """This gateway stops: it need not be waited for after a change of history."""
        try:
            await self._history.retire()
        except OSError as error:  # what it had seen a second before is on the disk, and so are the permissions
            log.error("marks_not_written", error=str(error), cure=cure_of_disk(error))  # noqa: TRY400 - no defect

    async def acknowledge(self, tenant: str, author: str, reason: str) -> bool:
        late = (await self.history(tenant)).awaited
        if (await self._step("acknowledge", tenant, "", author, reason))[0] != b"OK":
            return False
        await self._history.go_on_without(late)
        return True

    async def read(self, tenant: str, id: str) -> Invocation | None:
        stored = await self._store.hash(tenant_keys(tenant, id)[0])
        return invocation_of(id, stored) if stored else None

    async def under_way(self, tenant: str, ids: Sequence[str]) -> list[str]:
        states = await self._store.each_hash_value([(tenant_keys(tenant, id)[0], "st") for id in ids])
        return [id for id, st in zip(ids, states, strict=True) if st and not InvocationState(st.decode()).ended]

    async def bounds(self, tenant: str, id: str) -> TimeBounds | None:
        asked = monotonic()
        now, (deadline, until) = await self._store.now_and_values(tenant_keys(tenant, id)[0], ["deadline", "until"])
        if deadline is None:
            return None
        window = int(until or 0)
        return TimeBounds.since(asked, max(0, int(deadline) - now), max(0, window - now) if window else -1)

    async def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        while True:
            # The end is read before the events: one that comes between the two is then still delivered.
            over = await self._over(tenant, id, settled=settled)
            found = await self._store.stream(tenant_keys(tenant, id)[1], after, block=0.001 if over else WATCH_BLOCK)
            for event in (event_of(*entry) for entry in found) if found or not over else await self._settled(tenant, id, after):
                after = event.number
                yield event
            if over:
                return

    async def tenants(self) -> list[str]:
        return await self._store.members(TENANTS)

    async def lost_holders(self, tenant: str) -> AsyncIterator[str]:
        key, now = tenant_keys(tenant, "")[2], await self._store.now()
        async for member in members(self._store, key, high=now):
            yield member.name
        ahead = {member.name: member.score async for member in members(self._store, key, low=now + milliseconds(FAR))}
        for id in self._stalled_leases.of(tenant, ahead):
            yield id

    async def due(self, tenant: str, *, age: float) -> AsyncIterator[str]:
        async for member in self._since(tenant_keys(tenant, "")[3], age):
            yield member.name

    async def reviews(
        self, tenant: str, *, after: OpenReview | None = None, age: float | None = None
    ) -> AsyncIterator[OpenReview]:
        high = math.inf if age is None else await self._store.now() - milliseconds(age)
        begin = Member(after.opened, after.id) if after else None
        async for member in members(self._store, tenant_keys(tenant, "")[8], high=high, after=begin):
            yield OpenReview(int(member.score), member.name)

    async def acceptances(self, tenant: str, *, before: Acceptance | None = None) -> AsyncIterator[Acceptance]:
        log_of_tenant, place = tenant_keys(tenant, "")[6], (before.time, before.order) if before else None
        while entries := await self._store.stream_back(log_of_tenant, place, PAGE):
            for place, fields in entries:
                # A store that has lost the claim has the record all the same, where it was put back.
                if fields[b"kind"] in ACCEPTING:
                    yield Acceptance(*place, fields[b"id"].decode())

    async def box_gone(self, tenant: str, id: str) -> bool:
        keys = tenant_keys(tenant, id)
        box = (await self._store.hash_values(keys[0], ["box"]))[0]
        return box is None or not await self._store.in_sorted_set(keys[4], f"{id} {box.decode()}")

    async def history(self, tenant: str) -> HistoryState:
        return await self._history.state(tenant)

    async def owed(self, tenant: str, *, age: float) -> AsyncIterator[tuple[str, str]]:
        async for member in self._since(tenant_keys(tenant, "")[4], age):
            id, _, obligation = member.name.partition(" ")
            yield id, obligation

    async def _since(self, key: str, age: float) -> AsyncIterator[Member]:
        """The members of a sorted set of times that lie at least `age` seconds back, or were set before the clock went back."""
        now = await self._store.now()
        async for member in members(self._store, key, high=now - milliseconds(age)):
            yield member
        async for member in members(self._store, key, low=now + milliseconds(FAR)):
            yield member

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

    def _remember_end(self, tenant: str, id: str, mark: Mark, packed: bytes = b"", *, presumed: bool = False) -> None:
        """An end that a caller may be told must not be lost with the store's tail. Empty: it does not act, or has not ended."""
        if packed:
            with _written(id):
                self._history.ended(tenant, id, mark, packed, presumed=presumed)

    def _remember_end_again(self, tenant: str, id: str, mark: Mark, packed: bytes = b"") -> None:
        """The end of a record that may be settled, whether it acts or not. Empty: it has not ended."""
        if packed and unfold(fields_of(packed)).get(b"acts") != b"0":
            self._remember_end(tenant, id, mark, packed, presumed=True)

    def _remember_doubt(self, tenant: str, id: str, nonce: str) -> None:
        self._doubtful[tenant, id] = nonce
        if len(self._doubtful) > DOUBTS:
            del self._doubtful[next(iter(self._doubtful))]

    async def _move(self, transition: str, held: FencedLease, *args: Value) -> list[Any]:
        return await self._step(transition, held.tenant, held.id, held.fence, *args)

    async def _step(self, transition: str, tenant: str, id: str, *args: Value, further: Sequence[str] = ()) -> list[Any]:
        """Status and mark, then what the Function answers beyond that."""
        reply = await self._history.step(transition, tenant, id, *args, further=further)
        if reply[0] == b"FENCED":
            raise Fenced(id)
        if reply[0] == b"QUARANTINED":
            await self._history.refuse(tenant, transition)
        return reply


@contextmanager
def _written(id: str) -> Iterator[None]:
    """A disk that fails must not take an end with it that is still in memory, nor one that the ledger has."""
    try:
        yield
    except OSError as error:
        log.error("journal_failed", invocation=id, error=str(error), cure=cure_of_disk(error))  # noqa: TRY400 - no defect

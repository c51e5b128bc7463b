"""The ledger in Redis: each transition is one Function of `ledger.lua`, and this module is its caller."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from gateway.invocation import Attempt, Event, Invocation, Outcome, Request, State
from gateway.principal import Principal
from gateway.records.codec import (
    decode_attempt,
    decode_outcome,
    decode_principal,
    decode_request,
    encode_attempt,
    encode_outcome,
    encode_principal,
    encode_request,
)
from gateway.records.ledger import Claimed, Conflict, Fenced, Hold, Known, New
from gateway.records.lost import exhausted_outcome, lost_attempt, unknown_outcome
from gateway.records.store import Store, Value
from sandbox.result import Evidence

TENANTS = "cg:tenants"
RETENTION = 24 * 3600.0
#: Seconds that the record of an ended invocation is kept: the window in which its key is recognised.

WATCH_BLOCK = 1.0


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


class RedisLedger:
    """See `gateway.records.ledger.Ledger` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tenants: set[str] = set()

    async def claim(self, id: str, fingerprint: str, principal: Principal, request: Request, *, lease: float) -> Claimed:
        self._store.require_trusted()
        await self._know(principal.tenant)
        fields = {**encode_request(request), "principal": encode_principal(principal)}
        reply = await self._step(
            "claim",
            principal.tenant,
            id,
            fingerprint,
            _milliseconds(lease),
            _milliseconds(request.timeout),
            int(request.effect.repeatable),
            request.max_attempts,
            *(part for pair in fields.items() for part in pair),
        )
        if reply[0] == b"NEW":
            return New(Hold(principal.tenant, id, reply[1]))
        if reply[0] == b"CONFLICT":
            return Conflict()
        known = await self.read(principal.tenant, id)
        return Known(known) if known else await self.claim(id, fingerprint, principal, request, lease=lease)

    async def oblige(self, hold: Hold, accessor: str, attempt: int) -> None:
        await self._move("oblige", hold, f"token:{accessor}", attempt)

    async def dispatch(self, hold: Hold, *, attempt: int, box: str) -> None:
        await self._move("dispatch", hold, attempt, box)

    async def heartbeat(self, hold: Hold, *, lease: float) -> bool:
        reply = await self._move("heartbeat", hold, _milliseconds(lease))
        return bool(reply[1] == b"1")

    async def retry(self, hold: Hold, attempt: Attempt, *, delay: float) -> None:
        not_sent = int(attempt.evidence is Evidence.NOT_SENT)
        await self._move("retry", hold, _milliseconds(delay), not_sent, encode_attempt(attempt))

    async def resume(self, tenant: str, id: str, *, lease: float) -> Hold:
        reply = await self._step("resume", tenant, id, _milliseconds(lease))
        if reply[0] == b"FENCED":
            raise Fenced(id)
        return Hold(tenant, id, reply[1])

    async def record(self, hold: Hold, outcome: Outcome, attempt: Attempt | None) -> Invocation:
        kept, retention = encode_attempt(attempt) if attempt else b"", _milliseconds(RETENTION)
        reply = await self._move("record", hold, outcome.verdict.state, encode_outcome(outcome), kept, retention)
        flat = iter(reply[1])
        return _invocation(hold.id, dict(zip(flat, flat, strict=True)))

    async def release(self, hold: Hold) -> None:
        await self._move("release", hold)

    async def cancel(self, tenant: str, id: str, outcome: Outcome) -> None:
        await self._step("cancel", tenant, id, encode_outcome(outcome), _milliseconds(RETENTION))

    async def discharge(self, tenant: str, id: str, obligation: str) -> None:
        kind = "TOKEN_REVOKED" if obligation.startswith("token:") else "BOX_REMOVED"
        await self._step("discharge", tenant, id, obligation, kind)

    async def reap(self, tenant: str, id: str) -> None:
        invocation = await self.read(tenant, id)
        attempt = encode_attempt(lost_attempt(invocation)) if invocation else b""
        exhausted, unknown = encode_outcome(exhausted_outcome()), encode_outcome(unknown_outcome())
        await self._step("reap", tenant, id, exhausted, unknown, attempt, _milliseconds(RETENTION))

    async def read(self, tenant: str, id: str) -> Invocation | None:
        stored = await self._store.hash(self._keys(tenant, id)[0])
        return _invocation(id, stored) if stored else None

    async def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        while True:
            # The end is read before the events: one that comes between the two is then still delivered.
            over = await self._over(tenant, id, settled=settled)
            for number, entry in await self._store.stream(
                self._keys(tenant, id)[1], after, block=0.001 if over else WATCH_BLOCK
            ):
                after = number
                yield _event(number, entry)
            if over:
                return

    async def tenants(self) -> list[str]:
        return await self._store.members(TENANTS)

    async def lapsed(self, tenant: str) -> list[str]:
        return await self._store.due(self._keys(tenant, "")[2])

    async def due(self, tenant: str, *, age: float) -> list[str]:
        return await self._store.due(self._keys(tenant, "")[3], age=age)

    async def owed(self, tenant: str, *, age: float) -> list[tuple[str, str]]:
        found = await self._store.due(self._keys(tenant, "")[4], age=age)
        return [(id, obligation) for id, _, obligation in (member.partition(" ") for member in found)]

    async def _over(self, tenant: str, id: str, *, settled: bool) -> bool:
        state, owed = await self._store.hash_values(self._keys(tenant, id)[0], ["st", "owed"])
        return state is None or (State(state.decode()).ended and not (settled and int(owed or 0) > 0))

    async def _know(self, tenant: str) -> None:
        if tenant not in self._tenants:
            await self._store.add_to_set(TENANTS, tenant)
            self._tenants.add(tenant)

    async def _move(self, transition: str, hold: Hold, *args: Value) -> list[Any]:
        reply = await self._step(transition, hold.tenant, hold.id, hold.fence, *args)
        if reply[0] == b"FENCED":
            raise Fenced(hold.id)
        return reply

    async def _step(self, transition: str, tenant: str, id: str, *args: Value) -> list[Any]:
        return await self._store.call(f"callgate_{transition}", self._keys(tenant, id), [id, *args])

    @staticmethod
    def _keys(tenant: str, id: str) -> list[str]:
        own = [f"cg:{{{tenant}}}:{kind}:{id}" for kind in ("call", "events")]
        return own + [f"cg:{{{tenant}}}:{kind}" for kind in ("leases", "due", "obligations", "fence", "audit")]


def _invocation(id: str, stored: dict[bytes, bytes]) -> Invocation:
    attempts = [decode_attempt(stored[b"a:%d" % number]) for number in range(1, int(stored.get(b"att", 0)) + 1)]
    outcome = stored.get(b"outcome")
    return Invocation(
        id=id,
        principal=decode_principal(stored[b"principal"]),
        request=decode_request(stored[b"request"], stored.get(b"args", b"")),
        state=State(stored[b"st"].decode()),
        outcome=decode_outcome(outcome) if outcome else None,
        attempts=tuple(replace(attempt, number=number) for number, attempt in enumerate(attempts, 1)),
        accepted=int(stored[b"accepted"]) / 1000,
        deadline=int(stored[b"deadline"]) / 1000,
        ended=int(stored[b"ended"]) / 1000 if b"ended" in stored else None,
    )


def _event(number: int, entry: dict[str, str]) -> Event:
    attributes = {name: value for name, value in entry.items() if name not in {"time", "state", "kind"}}
    return Event(number, int(entry["time"]) / 1000, State(entry["state"]), entry["kind"], attributes)

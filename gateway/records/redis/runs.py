"""Runs in Redis: each step is a Function of `runs.lua`, in the history of its tenant."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from gateway.model.errors import RunPlanDiffers, RunStateLost, RunStateMoved, brief
from gateway.model.principal import Principal
from gateway.model.quotas import Quotas, QuotaUse, exceeded
from gateway.model.run import (
    RUN_RETENTION,
    Run,
    RunEnd,
    RunKey,
    RunStatus,
    Save,
    SavedState,
    StartTerms,
    WholeRun,
    not_found,
    over,
)
from gateway.records.ledger.packed import fields_of
from gateway.records.ledger.protocol import milliseconds
from gateway.records.redis.client import Store, Value
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.sorted_pages import Member, members
from gateway.records.redis.tenant_keys import OF_RUNS, run_keys
from gateway.records.runs.protocol import CallPlace, RunPlace

#: What a list tells of a run.
_TOLD = ("st", "owner", "name", "labels", "version", "started", "calls", "exp", "saved", "ended", "author", "reason")
#: Runs whose fields are read at one time.
_PAGE = 50


class RedisRuns:
    """See `gateway.records.runs.protocol.Runs` for the promises."""

    def __init__(
        self, store: Store, ledger: RedisLedger, *, quotas: Quotas | None = None, retention: float = RUN_RETENTION
    ) -> None:
        """`retention`: seconds for which a run is kept after its end, or without an end after its last save or call."""
        self._store, self._ledger = store, ledger
        self._quotas, self._keep = quotas or Quotas(), milliseconds(retention)

    async def start(self, key: RunKey, terms: StartTerms) -> WholeRun:
        said = orjson.dumps(key.owner), key.name, terms.plan, terms.digest, orjson.dumps(terms.labels)
        bounds = self._keep, self._quotas.runs, self._quotas.runs_bytes
        status, *told = await self._step("run_start", key, *said, *bounds)
        if status == b"DIFFERS":
            raise RunPlanDiffers(f"the run {brief(key.name)} was started with another plan")
        return _whole(fields_of(told[0]), new=status == b"NEW")

    async def find(self, key: RunKey) -> WholeRun | None:
        stored = await self._store.hash(_keys(key)[0])
        return _whole(stored) if stored else None

    async def save(self, key: RunKey, save: Save) -> int:
        said = save.seen, save.token, save.state.digest, save.state.content, save.state.artifact
        status, *told = await self._step("run_save", key, *said, self._quotas.runs_bytes)
        if status == b"LOST":
            raise RunStateLost(f"the store has version {told[0]} of the state, and version {save.seen} was seen", told[0])
        if status == b"MOVED":
            raise RunStateMoved(f"version {told[0]} of the state was saved, and version {save.seen} was seen", told[0])
        return int(told[0])

    async def end(self, key: RunKey, end: RunEnd) -> Run:
        _, packed = await self._step("run_end", key, end.status, end.author, end.reason)
        return _run(fields_of(packed))

    async def list(self, tenant: str, *, after: RunPlace | None = None) -> AsyncIterator[tuple[RunPlace, Run]]:
        begin = Member(-after.started, after.id) if after else None
        page: list[Member] = []
        async for member in members(self._store, f"cg:{{{tenant}}}:{OF_RUNS[0]}", after=begin):
            page.append(member)
            if len(page) == _PAGE:
                for found in await self._read(tenant, page):
                    yield found
                page = []
        for found in await self._read(tenant, page):
            yield found

    async def calls(self, key: RunKey, *, before: CallPlace | None = None) -> AsyncIterator[CallPlace]:
        high, rest = (before.order - 1 if before else float("inf")), True
        while rest:
            found = await self._store.scored_back(_keys(key)[1], high, limit=_PAGE)
            for id, order in found:
                yield CallPlace(int(order), id)
            rest, high = len(found) == _PAGE, found[-1][1] - 1 if found else 0

    async def stopping(self, tenant: str) -> tuple[RunKey, ...]:
        ids = await self._store.members(f"cg:{{{tenant}}}:{OF_RUNS[2]}")
        found = await self._store.each_hash_values([run_keys(tenant, id)[0] for id in ids], ("owner", "name"))
        return tuple(_key(owner, name) for owner, name in found if owner and name is not None)

    async def stopped(self, key: RunKey) -> None:
        await self._store.remove_from_set(_keys(key)[5], key.id)

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How much of its quotas a tenant has used."""
        runs, sizes = (f"cg:{{{tenant}}}:{kind}" for kind in OF_RUNS[:2])
        (size,) = await self._store.hash_values(sizes, ["bytes"])
        return (
            QuotaUse("runs", await self._store.cardinality(runs), self._quotas.runs),
            QuotaUse("runs_bytes", int(size or 0), self._quotas.runs_bytes),
        )

    async def _read(self, tenant: str, page: Sequence[Member]) -> Sequence[tuple[RunPlace, Run]]:
        """Those that are there still."""
        rows = await self._store.each_hash_values([run_keys(tenant, one.name)[0] for one in page], _TOLD)
        told = [{name.encode(): value for name, value in zip(_TOLD, row, strict=True) if value is not None} for row in rows]
        return [(RunPlace(-int(one.score), one.name), _run(row)) for one, row in zip(page, told, strict=True) if row]

    async def _step(self, name: str, key: RunKey, *args: Value) -> Sequence[Any]:
        """Status, and what the Function answers beyond that. Raises RunNotFound, RunEnded, RunKilled, QuotaExceeded."""
        status, _, *told = await self._ledger.begin(name, key.owner.tenant, "", *args, further=_keys(key))
        if status == b"ABSENT":
            raise not_found(key)
        if status == b"RUN_OVER":
            raise over(key, RunStatus(told[0].decode()))
        if status == b"OVER":
            raise exceeded(QuotaUse(told[0].decode(), int(told[1]), int(told[2])))
        return [status, *told]


def _keys(key: RunKey) -> list[str]:
    return run_keys(key.owner.tenant, key.id)


def _key(owner: bytes, name: bytes) -> RunKey:
    return RunKey(Principal(**orjson.loads(owner)), name.decode())


def _whole(stored: Mapping[bytes, bytes], *, new: bool = False) -> WholeRun:
    state = SavedState(stored.get(b"state", b""), stored.get(b"artifact", b"").decode())
    return WholeRun(_run(stored), stored[b"plan"], state, new=new)


def _run(stored: Mapping[bytes, bytes]) -> Run:
    return Run(
        key=_key(stored[b"owner"], stored[b"name"]),
        status=RunStatus(stored[b"st"].decode()),
        labels=tuple((name, value) for name, value in orjson.loads(stored[b"labels"])),
        version=int(stored[b"version"]),
        calls=int(stored[b"calls"]),
        started=int(stored[b"started"]) / 1000,
        saved=_moment(stored, b"saved"),
        ended=_moment(stored, b"ended"),
        expires=int(stored[b"exp"]) / 1000,
        author=stored.get(b"author", b"").decode(),
        reason=stored.get(b"reason", b"").decode(),
    )


def _moment(stored: Mapping[bytes, bytes], name: bytes) -> float | None:
    return int(stored[name]) / 1000 if name in stored else None

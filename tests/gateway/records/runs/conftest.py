"""Runs and the ledger that asks for them, in memory and in Redis."""

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.model.quotas import Quotas
from gateway.model.run import RunKey
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Claimed, Ledger
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.runs import RedisRuns
from gateway.records.runs.memory_runs import MemoryRuns
from gateway.records.runs.protocol import Runs
from registry.model.tool import Effect
from tests.gateway.records.stores import opened

QUOTAS = Quotas(runs=5, runs_bytes=4 << 20)
tenants = (f"runner{number}" for number in itertools.count())
ids = (f"inv_{number}" for number in itertools.count())


@dataclass
class Desk:
    """One tenant's runs."""

    runs: Runs
    ledger: Ledger
    owner: Principal = field(default_factory=lambda: Principal(next(tenants), "planner", "ada"))

    def key(self, name: str = "thread-7") -> RunKey:
        return RunKey(self.owner, name)

    async def claim(self, key: RunKey, id: str = "", *, effect: Effect = Effect.NON_IDEMPOTENT, looks: bool = False) -> Claimed:
        request = Request(
            tool="charge",
            version="charge@1.0.0",
            digest="sha256:0",
            effect=effect,
            args_json=b"{}",
            run_id=key.name,
            traceparent="",
            timeout=60.0,
            max_attempts=3,
        )
        return await self.ledger.claim(id or next(ids), "print", key.owner, request, lease=10.0, looks=looks)

    async def listed(self) -> list[str]:
        return [run.key.name async for _, run in self.runs.list(self.owner.tenant)]

    async def calls(self, key: RunKey) -> list[str]:
        return [place.id async for place in self.runs.calls(key)]


@pytest.fixture(scope="package", params=["memory", "valkey", "redis"])
def where(request: pytest.FixtureRequest, start_redis: Callable[..., str]) -> str:
    """The URL of a server; empty for the memory."""
    return "" if request.param == "memory" else start_redis(request.param)


@pytest.fixture
async def desk(where: str) -> AsyncIterator[Desk]:
    if not where:
        runs = MemoryRuns(quotas=QUOTAS)
        yield Desk(runs, MemoryLedger(runs=runs))
        return
    async with opened(where) as store:
        ledger = RedisLedger(store)
        yield Desk(RedisRuns(store, ledger, quotas=QUOTAS), ledger)

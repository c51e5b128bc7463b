"""What Redis keeps of a call after its end: at most 2 kB beside its answer, for as long as its key is known."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
import redis

from gateway.model.invocation import RETENTION, Answer, Attempt, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.protocol import New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.tenant_keys import tenant_keys
from registry.model.tool import Effect
from sandbox.api.result import Connection, Evidence, Phase
from tests.conftest import StartRedis, Until

CALLER = Principal("acme-production", "billing-agent", "ada@example.com")
PHASES = ("lease", "credential", "secret", "connect", "permission", "exchange")
BOUND = 2048
#: Answers of all these lengths, since an allocator's rounding is not the same for each.
ANSWERS = range(100, 3100, 10)
EVENTS = ["CLAIMED", "TOKEN_ISSUED", "DISPATCHED", "RECORDED", "TOKEN_REVOKED", "BOX_REMOVED"]
DONE = Outcome(Verdict.SUCCEEDED, Answer(201, "application/json", b"{}", True))


def request() -> Request:
    return Request(
        tool="payments_create_charge",
        version="payments_create_charge@1.4.0",
        digest=f"sha256:{secrets.token_hex(32)}",
        effect=Effect.NON_IDEMPOTENT,
        args_json=b'{"account": "ada", "amount": 900}',
        run_id=secrets.token_hex(16),
        traceparent=f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        timeout=60.0,
        max_attempts=3,
    )


def part() -> float:
    """A time as the gateway keeps it."""
    return secrets.randbelow(100_000) / 1_000_000


def attempt(box: str, accessor: str) -> Attempt:
    hosts = (("vault.internal.example", 8200), ("api.payments.example.com", 443))
    return Attempt(
        number=1,
        box=box,
        accessor=accessor,
        evidence=Evidence.RESPONDED,
        http_status=201,
        fault=None,
        bytes_out=secrets.randbelow(10_000),
        bytes_in=secrets.randbelow(10_000),
        connections=tuple(Connection(*host, "203.0.113.7", "open", secrets.randbelow(9999), 4321) for host in hosts),
        phases=tuple(Phase(name, part(), part()) for name in PHASES),
        started=round(1795916383 + part(), 6),
        duration=part(),
    )


async def live(ledger: RedisLedger, answer: int) -> str:
    """The life of a call that acts, with a credential: claimed, sent, ended, and nothing owed any more."""
    id, box, accessor = f"inv_{secrets.token_hex(16)}", f"cg-{secrets.token_hex(6)}", secrets.token_urlsafe(18)
    token = secrets.token_hex(32)  # the longest
    claimed = await ledger.claim(id, secrets.token_hex(32), CALLER, request(), lease=15.0, call_token=token)
    assert isinstance(claimed, New)
    await ledger.oblige(claimed.held, accessor, 1)
    await ledger.dispatch(claimed.held, attempt=1, box=box)
    done = Outcome(Verdict.SUCCEEDED, Answer(201, "application/json", secrets.token_bytes(answer), True))
    await ledger.record(claimed.held, done, attempt(box, accessor))
    await ledger.discharge(CALLER.tenant, id, f"token:{accessor}")
    await ledger.discharge(CALLER.tenant, id, f"box:{box}")
    return id


@dataclass
class Server:
    """A server as an operator sees it."""

    url: str
    operator: "redis.Redis"

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[RedisLedger]:
        store = Store(RedisSettings(url=self.url))
        await store.open()
        self.operator.config_set("appendfsync", "no")  # the disk is not what is measured
        yield RedisLedger(store)
        await store.close()
        self.operator.config_set("appendfsync", "always")

    def is_at_rest(self) -> bool:
        """Whether no gateway is connected, whose buffers would count, and no history is a stream any more."""
        streams = any(True for _ in self.operator.scan_iter("cg:*:events:*", count=1000))
        return not streams and len(self.operator.client_list()) == 1

    def memory(self) -> int:
        """Bytes of keys and values, without a tenant's audit log and ring: those have the newest events of all its calls."""
        keys = tenant_keys(CALLER.tenant, "")
        self.operator.delete(keys[6], keys[9])
        told = self.operator.memory_stats()
        of_keys = (of for name, of in told.items() if name.startswith("db.") and isinstance(of, dict))
        return int(told["dataset.bytes"]) + sum(int(size) for one in of_keys for size in one.values())


@pytest.fixture(params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, start_redis: StartRedis) -> Iterator[Server]:
    url = start_redis(request.param)
    with redis.Redis.from_url(url) as operator:
        yield Server(url, operator)


@pytest.fixture
async def ledger(server: Server) -> AsyncIterator[RedisLedger]:
    async with server.ledger() as ledger:
        yield ledger


@pytest.mark.slow
async def test_a_kept_call_takes_at_most_2_kb_beside_its_answer(server: Server, until: Until) -> None:
    async with server.ledger() as ledger:
        await live(ledger, 1)
    await until(server.is_at_rest)
    before = server.memory()
    async with server.ledger() as ledger:
        ids = [await live(ledger, answer) for answer in ANSWERS]
    await until(server.is_at_rest)
    taken = (server.memory() - before - sum(ANSWERS)) / len(ANSWERS)
    assert taken <= BOUND, f"{taken:.0f} bytes"
    # All of it is still there, and for as long as it is to be.
    async with server.ledger() as ledger:
        found = await ledger.read(CALLER.tenant, ids[0])
        assert found is not None
        assert found.attempts[0].phases[-1].name == PHASES[-1]
        assert [event.kind async for event in ledger.events(CALLER.tenant, ids[0], settled=True)] == EVENTS
        assert [event.number async for event in ledger.events(CALLER.tenant, ids[0], after=4, settled=True)] == [5, 6]
    left = server.operator.pttl(tenant_keys(CALLER.tenant, ids[0])[0])
    assert left == pytest.approx(RETENTION * 1000, rel=0.001)


async def test_one_who_waits_for_the_last_event_gets_it_at_once(ledger: RedisLedger) -> None:
    """The history is folded in the very step that tells of its last event."""
    id = f"inv_{secrets.token_hex(16)}"
    claimed = await ledger.claim(id, "f", CALLER, request(), lease=15.0)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="cg-1")
    await ledger.record(claimed.held, DONE, attempt("cg-1", ""))
    watched = ledger.events(CALLER.tenant, id, settled=True)
    seen = [await anext(watched) for _ in range(3)]
    waiting = asyncio.ensure_future(anext(watched))
    await ledger.discharge(CALLER.tenant, id, "box:cg-1")
    seen += [await asyncio.wait_for(waiting, 10.0)] + [event async for event in watched]
    assert [(event.number, event.kind) for event in seen] == list(
        enumerate(("CLAIMED", "DISPATCHED", "RECORDED", "BOX_REMOVED"), 1)
    )


@pytest.mark.parametrize("effect", list(Effect))
async def test_a_record_is_kept_for_as_long_as_its_request_says(server: Server, ledger: RedisLedger, effect: Effect) -> None:
    id = f"inv_{secrets.token_hex(16)}"
    asked = replace(request(), effect=effect, retention=120.0)
    claimed = await ledger.claim(id, "f", CALLER, asked, lease=15.0)
    assert isinstance(claimed, New)
    assert server.operator.pttl(tenant_keys(CALLER.tenant, id)[0]) == -1  # under way: for ever
    ended = await ledger.record(claimed.held, DONE, None)
    assert 100_000 < server.operator.pttl(tenant_keys(CALLER.tenant, id)[0]) <= 120_000
    assert ended.ended is not None
    assert ended.key_expires == pytest.approx(ended.ended + 120.0)

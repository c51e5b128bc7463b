"""What the ledger costs, and what a replay of a recorded outcome does: `make bench B=ledger`.

- transitions_per_s: whole lives of invocations (claim, oblige, dispatch, record, two discharges) through the gateway's own
  ledger code, 32 at a time in one process, on a Valkey that writes each through to the disk (`appendfsync always`).
- redis_bytes_per_invocation: what Valkey's memory has grown by for each of those lives, whose answers have 1 kB, once their
  histories are folded; without the tenant's audit log and ring.
- redis_audit_bytes_per_invocation: what those take for each. They have the newest 100,000 and 8,192 events, however many calls
  are kept.
- lineage_transition_ratio, lineage_cost_ratio: what knowing its history costs a transition, and a busy ledger
  (`benchmarks.lineage`).
- dispatch_ms, dispatch_waited_ms, dispatch_fsynced_ms: one permission to act, alone, on a primary with a replica: without
  waiting for the replica, waiting until it has it (CALLGATE_REDIS_WAIT=1), and until it has it on its disk
  (CALLGATE_REDIS_WAIT_FSYNCED=true). The three take turns; wait_ratio and fsynced_ratio are medians over the pairs.
- replays_per_s: calls with an idempotency key that has its outcome, through one gateway process. The key is recorded by a real
  call first. This is what a planner's repetition costs that comes within a minute: the gateway still knows the end.
- replays_from_store_per_s: the same with keys that this gateway has never seen, each once: the tool version, the arguments, the
  policy, and the claim in Valkey.
- grpc_echo_per_s: an asyncio gRPC server that answers with the request, here with what the gateway answered to a repeat.

The last two alternate, in rounds, under the same client: 32 calls at a time over one channel, nothing parsed. Each figure is
the median of the rounds. All of it is on one machine: client, gateway and Valkey share its cores.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc
import redis.asyncio
import structlog

from benchmarks.echo_server import METHOD
from benchmarks.figures import median, percentile, show
from benchmarks.lineage import measure_lineage
from benchmarks.one_gateway import TOOL, OneGateway, one_gateway
from benchmarks.redis_servers import RedisGroup
from callgate.keys import new_key
from callgate.messages import invoke
from callgate.v1.invocation_service_pb2 import InvokeResponse
from gateway.edge.grpc.authentication import load_principals
from gateway.embedded.state_dir import StateDir
from gateway.embedded.store_server import StoreServer
from gateway.model.invocation import Answer, Attempt, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.model.redis_settings import LONGEST_WAIT, RedisSettings
from gateway.pipeline.call import fingerprint, invocation_id
from gateway.records.ledger.protocol import New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.tenant_keys import tenant_keys
from registry.calling.arguments import read
from registry.model.tool import Effect
from sandbox.api.result import Evidence

#: The length of one round.
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
#: Keys whose outcomes the benchmark itself records, so that the gateway has never seen them.
STORED = int(os.environ.get("BENCH_STORED", "3000"))
#: Permissions of each kind that are measured.
WAITS = int(os.environ.get("BENCH_WAITS", "300"))
AT_ONCE = 32
TRANSITIONS = 6
#: No more keys than these has a tenant that has no invocation.
SHARED_KEYS = 10
INVOKE = "/callgate.v1.InvocationService/Invoke"

CALLER = Principal("bench", "planner", "ada")
REQUEST = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:" + "0" * 64,
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
ATTEMPT = Attempt(
    number=1,
    box="cg-0123456789ab",
    accessor="accessor",
    evidence=Evidence.RESPONDED,
    http_status=200,
    fault=None,
    bytes_out=900,
    bytes_in=1300,
    connections=(),
    phases=(),
    started=0.0,
    duration=0.02,
)
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", b"x" * 1024, True))

log = structlog.get_logger(__name__)


async def per_second(go: Callable[[], Awaitable[object]], seconds: float, at_once: int = AT_ONCE) -> float:
    """How often `go` ends in a second, with so many of them at a time."""
    begun, done = perf_counter(), 0

    async def repeat() -> None:
        nonlocal done
        while perf_counter() - begun < seconds:
            await go()
            done += 1

    await asyncio.gather(*(repeat() for _ in range(at_once)))
    return done / (perf_counter() - begun)


async def measure_lives(state: StateDir) -> None:
    """Measure on a store of their own, so that its memory holds nothing else."""
    server = StoreServer(state)
    await server.start()
    password = state.store_password.read_text().rstrip("\n")
    store = Store(RedisSettings(url=server.url, password_file=state.store_password))
    operator = redis.asyncio.Redis.from_url(server.url, password=password)
    try:
        await store.open()
        ledger, numbers = RedisLedger(store), count()
        await _live(ledger, "warm-up")
        before = await store.memory()
        rate = await per_second(lambda: _live(ledger, f"inv_{next(numbers):032x}"), SECONDS * ROUNDS / 2)
        lives = next(numbers)
        await _until_folded(operator, lives)
        grown = await store.memory() - before
        of_tenant = tenant_keys(CALLER.tenant, "")
        await operator.delete(of_tenant[6], of_tenant[9])
        audit = grown - (await store.memory() - before)
        await measure_lineage(
            store,
            state.gateway,
            lambda ledger, caller, at_once: per_second(
                lambda: _live(ledger, f"inv_{next(numbers):032x}", caller), SECONDS / 9, at_once
            ),
            ROUNDS * 9,
        )
    finally:
        await operator.aclose()
        await store.close()
        await server.stop()
    show("transitions_per_s", rate * TRANSITIONS, "1/s")
    show("redis_bytes_per_invocation", (grown - audit) / lives, "B")
    show("redis_audit_bytes_per_invocation", audit / lives, "B")


async def measure_waits(home: Path) -> None:
    """What it costs to wait for a replica before a permission."""
    async with RedisGroup(home, replicas=1, sentinels=0) as group, AsyncExitStack() as stack:
        ledgers = []
        for terms in ({}, {"wait": 1}, {"wait": 1, "wait_fsynced": True}):
            store = Store(RedisSettings(url=group.servers[0].url, wait_ms=LONGEST_WAIT, **terms))  # type: ignore[arg-type]
            stack.push_async_callback(store.close)
            await store.open()
            ledgers.append(RedisLedger(store))
        rounds = [
            [await _dispatch(ledger, f"wait_{number}_{turn}") for turn, ledger in enumerate(ledgers)] for number in range(WAITS)
        ]
    plain, waited, fsynced = zip(*rounds[WAITS // 10 :], strict=True)  # without the first: they make the connections
    show("dispatch_ms", median(plain) * 1000)
    show("dispatch_waited_ms", median(waited) * 1000)
    show("dispatch_fsynced_ms", median(fsynced) * 1000)
    show("dispatch_fsynced_p99_ms", percentile(fsynced, 0.99) * 1000)
    show("wait_ratio", median([one / other for one, other in zip(waited, plain, strict=True)]), "ratio")
    show("fsynced_ratio", median([one / other for one, other in zip(fsynced, plain, strict=True)]), "ratio")


async def _dispatch(ledger: RedisLedger, id: str) -> float:
    """The seconds that a permission takes."""
    claimed = await ledger.claim(id, "0" * 64, CALLER, REQUEST, lease=15.0)
    if not isinstance(claimed, New):
        raise TypeError(f"{id} was claimed before")
    begun = perf_counter()
    await ledger.dispatch(claimed.held, attempt=1, box="cg-0123456789ab")
    return perf_counter() - begun


async def _live(ledger: RedisLedger, id: str, caller: Principal = CALLER) -> None:
    claimed = await ledger.claim(id, "0" * 64, caller, REQUEST, lease=15.0)
    if not isinstance(claimed, New):
        raise TypeError(f"{id} was claimed before")
    await ledger.oblige(claimed.held, "accessor", 1)
    await ledger.dispatch(claimed.held, attempt=1, box="cg-0123456789ab")
    await ledger.record(claimed.held, DONE, ATTEMPT)
    await ledger.discharge(caller.tenant, id, "token:accessor")
    await ledger.discharge(caller.tenant, id, "box:cg-0123456789ab")


async def _until_folded(operator: redis.asyncio.Redis, lives: int) -> None:
    """Each history stays for a second in the stream that it was told in; then there is one key for each life."""
    async with asyncio.timeout(60):
        while await operator.dbsize() > lives + SHARED_KEYS:  # noqa: ASYNC110 - the server does not tell of it
            await asyncio.sleep(0.1)


async def measure_replays(around: OneGateway) -> None:
    request = invoke(TOOL, {}, key=new_key(), run_id=None, timeout=None).SerializeToString()
    metadata = (("authorization", f"Bearer {around.token}"),)
    async with grpc.aio.insecure_channel(around.gateway) as gateway, grpc.aio.insecure_channel(around.echo) as echo:
        replay: Any = gateway.unary_unary(INVOKE)
        answer: Any = echo.unary_unary(METHOD)
        await replay(request, metadata=metadata)
        repeated = await replay(request, metadata=metadata)
        if not InvokeResponse.FromString(repeated).invocation.from_record:
            raise AssertionError("the gateway did not answer the second call from the record")
        replays, echoes = [], []
        for _ in range(ROUNDS):
            replays.append(await per_second(lambda: replay(request, metadata=metadata), SECONDS))
            echoes.append(await per_second(lambda: answer(repeated, metadata=metadata), SECONDS))
            log.info("measured", replays_per_s=round(replays[-1]), grpc_echo_per_s=round(echoes[-1]))
        keys = await _recorded(around, STORED)
        from_store = await _each_once(replay, keys, metadata)
    show("replays_from_store_per_s", from_store, "1/s")
    show("replays_per_s", median(replays), "1/s")
    show("grpc_echo_per_s", median(echoes), "1/s")
    show("replays_over_echo_ratio", median([one / other for one, other in zip(replays, echoes, strict=True)]), "ratio")


async def _recorded(around: OneGateway, number: int) -> list[str]:
    """Keys whose calls have ended as if another gateway had carried them out. The ledger's own code writes them."""
    state = StateDir(around.home)
    url = json.loads(state.environment.read_text())["CALLGATE_REDIS_URL"]
    store = Store(RedisSettings(url=url, password_file=state.store_password))
    caller = load_principals(state.principals).entry([("authorization", f"Bearer {around.token}")]).caller.principal
    async with around.client() as client:
        version = await client.tools.get(TOOL)
    request = Request(
        tool=TOOL,
        version=f"{TOOL}@{version.version}",
        digest=version.digest,
        effect=Effect.READ,
        args_json=b"{}",
        run_id="",
        traceparent="",
        timeout=60.0,
        max_attempts=3,
    )
    try:
        await store.open()
        ledger, keys = RedisLedger(store), [new_key() for _ in range(number)]
        for key in keys:
            claimed = await ledger.claim(
                invocation_id(caller, key), fingerprint(TOOL, read(b"{}")), caller, request, lease=15.0
            )
            if isinstance(claimed, New):
                await ledger.record(claimed.held, DONE, ATTEMPT)
        return keys
    finally:
        await store.close()


async def _each_once(replay: Any, keys: list[str], metadata: tuple[tuple[str, str], ...]) -> float:
    left = [invoke(TOOL, {}, key=key, run_id=None, timeout=None).SerializeToString() for key in keys]
    begun = perf_counter()

    async def repeat() -> None:
        while left:
            answered = InvokeResponse.FromString(await replay(left.pop(), metadata=metadata))
            if not answered.invocation.from_record:
                raise AssertionError("the gateway does not know a key that was recorded")

    await asyncio.gather(*(repeat() for _ in range(AT_ONCE)))
    return len(keys) / (perf_counter() - begun)


async def run() -> None:
    async with one_gateway() as around:
        await measure_replays(around)
        with StateDir(around.home / "lives").hold() as state:
            await measure_lives(state)
        await measure_waits(around.home / "waits")


def main() -> int:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Failovers with a lost tail: the primary dies with what only it had, and its replica becomes the primary.

Which gateway has written the tail, and which goes on first, decides whether a gateway can notice by itself. A gateway whose
events are lost, and that stays away until others have pushed the sequence past the last number that it saw, is the hard case.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic

import structlog

from benchmarks.faults.arena import TENANTS, Arena
from benchmarks.faults.callers import Callers
from benchmarks.faults.calls import CREATE, READ
from benchmarks.faults.gateways import GatewayUnderTest
from benchmarks.faults.redis_fault_proxy import InjectedFault, Moment, Point
from benchmarks.faults.replicated_store import Loss
from benchmarks.faults.waiting import until

log = structlog.get_logger(__name__)

#: Seconds that the upstream takes, half the time, to answer what it did within the tail: the store dies before the answer.
_LINGER = 2.0
#: Seconds until a tail begins, until it has effects, and until the sequence is past what its writers saw.
_BEGINS_WITHIN, _ACTS_WITHIN, _PASSES_WITHIN = 5.0, 8.0, 5.0
_ACTS = 2
#: Seconds that a tail may go on after that.
_LONGEST_TAIL = 0.5
_HALF = 0.5
_WRITES_AT_A_TIME, _READS_AT_A_TIME = 3, 4
#: Seconds until no acting call is thought to get through any more. The storm is given up then.
RESUMES_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Tail:
    """`both`: both gateways write it and go on. Else one of them writes it, and either goes on first (`busy`) or is away until
    the other has gone on (`quiet`), or has died with the store (`witness_dies`)."""

    kind: str
    both: bool = False
    quiet: bool = False
    witness_dies: bool = False


TAILS = (
    Tail("quiet_writer", quiet=True),
    Tail("busy_writer"),
    Tail("both_writers", both=True),
    Tail("witness_killed", quiet=True, witness_dies=True),
)


@dataclass(frozen=True, slots=True)
class Failover:
    """`began`, `killed`, `promoted` are moments of the monotonic clock: the tail began, the primary died, the replica took its
    place. `lost`: how many acknowledged events. `resumed`: seconds from the moment when every gateway could reach the new
    primary until each has carried out an acting call of every tenant; None where they did not within `RESUMES_WITHIN`.
    """

    kind: str
    began: float
    killed: float
    promoted: float
    lost: int
    all_lived: bool
    resumed: float | None


async def lose_tail(tail: Tail, arena: Arena, callers: Callers, dice: Random) -> Failover:
    """Fail over, and give the store a new replica. Raises TimeoutError where the store does not get on."""
    writer, other = dice.sample(arena.gateways, 2)
    writers = [writer, other] if tail.both else [writer]
    await arena.store.on_time()
    try:
        began = await _write_tail(arena, callers, writers, dice)
        arena.upstream.trouble(0)
        if tail.quiet:
            writer.isolate()
        loss = await arena.store.fail_over(and_then=writer.kill if tail.witness_dies else _nothing)
        arena.point_at_primary()
        await _rejoin(tail, arena, callers, (writer, other), loss)
        resumed = await _resumed(arena, callers)
    finally:
        for gateway in arena.gateways:
            gateway.rejoin()
        arena.upstream.linger(0)
        arena.upstream.trouble()
    await arena.store.replace_replica()
    lost = sum(loss.events.values())
    log.info("failed_over", kind=tail.kind, lost=lost, resumed=resumed, took=round(loss.promoted - loss.killed, 2))
    return Failover(tail.kind, began, loss.killed, loss.promoted, lost, not tail.witness_dies, resumed)


async def _write_tail(arena: Arena, callers: Callers, writers: Sequence[GatewayUnderTest], dice: Random) -> float:
    """Let only these gateways write, until the upstream has acted for what the replica will never know of.

    Returns the moment when the tail began.
    """
    for gateway in arena.gateways:
        if gateway not in writers:
            gateway.isolate()
    await arena.store.in_sync()
    arena.upstream.linger(dice.choice((0.0, _LINGER)))
    for gateway in writers:
        for _ in range(_WRITES_AT_A_TIME):
            callers.begin(callers.make(tool=CREATE, at=gateway))
    if dice.random() < _HALF and not arena.site.direct:
        await _at_dispatch(arena, writers)
    began = arena.store.begin_tail()

    async def has_acted() -> bool:
        return arena.upstream.log.acted_since(began) >= _ACTS

    await until(has_acted, _ACTS_WITHIN)
    await asyncio.sleep(dice.uniform(0, _LONGEST_TAIL))
    return began


async def _at_dispatch(arena: Arena, writers: Sequence[GatewayUnderTest]) -> None:
    """Begin the tail exactly before one of the gateways writes that it lets a call go: the replica knows the claim alone."""
    came = asyncio.Event()

    def begin() -> None:
        arena.store.begin_tail()
        came.set()

    for gateway in writers:
        gateway.proxy.arm(InjectedFault(Point("dispatch", Moment.BEFORE), begin, breaks=False))
    try:
        async with asyncio.timeout(_BEGINS_WITHIN):
            await came.wait()
    except TimeoutError:
        log.info("no_dispatch_came")
    finally:
        for gateway in writers:
            gateway.proxy.arm(None)


async def _rejoin(
    tail: Tail, arena: Arena, callers: Callers, pair: tuple[GatewayUnderTest, GatewayUnderTest], loss: Loss
) -> None:
    """Let the gateways back to the store: the one that stays goes on first, until its numbers are past what was seen."""
    writer, other = pair
    first, second = (other, writer) if tail.quiet else (writer, other)
    first.rejoin()
    if not tail.both:
        await _push(arena, callers, first, loss)
    second.rejoin()
    if tail.witness_dies:
        await second.revive()


async def _push(arena: Arena, callers: Callers, gateway: GatewayUnderTest, loss: Loss) -> None:
    """Have one gateway write, by calls that only read, until each tenant's sequence is past the last number that was seen."""
    over = asyncio.Event()

    async def read() -> None:
        while not over.is_set():
            for tenant in TENANTS:
                await callers.make(tool=READ, tenant=tenant, at=gateway)

    for _ in range(_READS_AT_A_TIME):
        callers.begin(read())
    if not await until(lambda: arena.store.has_gone_past(loss.seen), _PASSES_WITHIN):
        log.info("sequence_not_passed", gateway=gateway.name)
    over.set()


async def _resumed(arena: Arena, callers: Callers) -> float | None:
    """Seconds until each gateway has carried out an acting call of each tenant. None gives the storm up."""
    began = monotonic()
    probes = [
        asyncio.create_task(callers.make(tool=CREATE, tenant=tenant, at=gateway, only=True))
        for gateway in arena.gateways
        for tenant in TENANTS
    ]
    _, waiting = await asyncio.wait(probes, timeout=RESUMES_WITHIN)
    if waiting:
        log.error("not_resumed", within=RESUMES_WITHIN)
        callers.given_up.set()
        await asyncio.wait(waiting)
        return None
    return max(probe.result().ended for probe in probes) - began


def _nothing() -> None:
    """The store dies alone."""

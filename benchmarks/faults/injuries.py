"""The faults that a storm injects, by kind. Each injury waits until it has struck, and then repairs what it broke.

`gateway_killed` has the most places: before and after each transition reaches the store, when a request reaches the upstream,
and when the upstream has answered.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from random import Random

from benchmarks.faults.arena import Arena
from benchmarks.faults.gateways import GatewayUnderTest
from benchmarks.faults.redis_fault_proxy import InjectedFault, Moment, Point

#: Seconds that an injury waits for its moment; after that it counts as missed.
STRIKES_WITHIN = 30.0
#: Longer than a lease: a gateway that wakes up finds that the other gateway has taken its work.
FREEZE_SECONDS = 17.0
_AWAY_SECONDS = 2.0
_TROUBLE_SECONDS = 3.0
_CLOCK_STEP = 3600
_TRANSITIONS = ("claim", "dispatch", "heartbeat", "retry", "resume", "record", "discharge")
_WITH_TOKENS = ("oblige",)


@dataclass(frozen=True, slots=True)
class Injury:
    """`inflict` returns whether it struck. `at_gateways`: no other injury may be under way at the same gateway."""

    kind: str
    place: str
    inflict: Callable[[Arena, Random], Awaitable[bool]]
    at_gateways: bool = True


def one_of_each_kind(dice: Random, *, in_boxes: bool) -> list[Injury]:
    """One injury of each kind, at a place that the dice choose."""
    every = injuries(in_boxes=in_boxes)
    return [dice.choice([one for one in every if one.kind == kind]) for kind in sorted({one.kind for one in every})]


def injuries(*, in_boxes: bool) -> list[Injury]:
    """The injuries of every kind, at every place."""
    transitions = _TRANSITIONS + (_WITH_TOKENS if in_boxes else ())
    points = [Point(transition, moment) for transition, moment in product(transitions, Moment)]
    at_gateways = [
        *(Injury("gateway_killed", str(point), partial(_kill_at, point)) for point in points),
        Injury("gateway_killed", "a request reaches the upstream", partial(_kill_at_upstream, "on_request")),
        Injury("gateway_killed", "the upstream has answered", partial(_kill_at_upstream, "on_answer")),
        *(Injury("reply_lost", point.transition, partial(_lose, point)) for point in points if point.moment is Moment.AFTER),
        *(Injury("request_lost", point.transition, partial(_lose, point)) for point in points if point.moment is Moment.BEFORE),
        Injury("gateway_frozen", "for longer than its leases", _freeze),
        Injury("store_cut_off", "from one gateway", _cut_off),
    ]
    around = [
        Injury("store_killed", "and started", _kill_store, at_gateways=False),
        Injury("upstream_troubled", "resets, halves, silence", _trouble_upstream, at_gateways=False),
        Injury("clock_stepped", "an hour ahead and back", partial(_step_clock, _CLOCK_STEP), at_gateways=False),
        Injury("clock_stepped", "an hour back and ahead", partial(_step_clock, -_CLOCK_STEP), at_gateways=False),
    ]
    only_in_boxes = [
        Injury("vault_sealed", "and opened", _seal_vault, at_gateways=False),
        Injury("engine_restarted", "by a kill", _restart_engine, at_gateways=False),
        Injury("engine_frozen", "for a while", _freeze_engine, at_gateways=False),
    ]
    return at_gateways + around + (only_in_boxes if in_boxes else [])


async def _kill_at(point: Point, arena: Arena, _dice: Random) -> bool:
    gateway = await _inject(point, arena, GatewayUnderTest.kill)
    if gateway is not None:
        await gateway.revive()
    return gateway is not None


async def _lose(point: Point, arena: Arena, _dice: Random) -> bool:
    return await _inject(point, arena, _nothing) is not None


def _nothing(_gateway: GatewayUnderTest) -> None:
    """The proxy breaks the connection in any case."""


async def _inject(point: Point, arena: Arena, strike: Callable[[GatewayUnderTest], None]) -> GatewayUnderTest | None:
    """Strike the gateway that comes to the point first, and return it; None where none does in time."""
    came: asyncio.Future[GatewayUnderTest] = asyncio.get_running_loop().create_future()

    def happen(gateway: GatewayUnderTest) -> None:
        if not came.done():
            strike(gateway)
            came.set_result(gateway)

    for gateway in arena.gateways:
        gateway.proxy.arm(InjectedFault(point, partial(happen, gateway)))
    try:
        async with asyncio.timeout(STRIKES_WITHIN):
            return await came
    except TimeoutError:
        return None
    finally:
        for gateway in arena.gateways:
            gateway.proxy.arm(None)


async def _kill_at_upstream(hook: str, arena: Arena, dice: Random) -> bool:
    """Kill a gateway that the dice choose. Half the time it is the one that the request is from."""
    gateway, struck = dice.choice(arena.gateways), asyncio.Event()

    def strike() -> None:
        setattr(arena.upstream, hook, None)
        gateway.kill()
        struck.set()

    setattr(arena.upstream, hook, strike)
    try:
        async with asyncio.timeout(STRIKES_WITHIN):
            await struck.wait()
    except TimeoutError:
        setattr(arena.upstream, hook, None)
        return False
    await gateway.revive()
    return True


async def _freeze(arena: Arena, dice: Random) -> bool:
    gateway = dice.choice(arena.gateways)
    gateway.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(FREEZE_SECONDS)
    finally:
        gateway.signal(signal.SIGCONT)
    return True


async def _cut_off(arena: Arena, dice: Random) -> bool:
    proxy = dice.choice(arena.gateways).proxy
    proxy.cut_off()
    try:
        await asyncio.sleep(_AWAY_SECONDS)
    finally:
        proxy.restore()
    return True


async def _kill_store(arena: Arena, dice: Random) -> bool:
    await arena.kill_store()
    await asyncio.sleep(dice.random() * _AWAY_SECONDS)
    await arena.store.start()
    return True


async def _trouble_upstream(arena: Arena, _dice: Random) -> bool:
    everyday, arena.upstream.trouble = arena.upstream.trouble, 0.7
    try:
        await asyncio.sleep(_TROUBLE_SECONDS)
    finally:
        arena.upstream.trouble = everyday
    return True


async def _step_clock(seconds: int, arena: Arena, _dice: Random) -> bool:
    arena.store.step(seconds)
    try:
        await asyncio.sleep(_AWAY_SECONDS)
    finally:
        arena.store.step(0)
    return True


async def _seal_vault(arena: Arena, _dice: Random) -> bool:
    await arena.vault.request("POST", "sys/seal")
    try:
        await asyncio.sleep(_AWAY_SECONDS)
    finally:
        await arena.vault.request("POST", "sys/unseal", {"key": arena.unseal_key})
    return True


async def _restart_engine(arena: Arena, dice: Random) -> bool:
    await arena.kill_engine()
    await asyncio.sleep(dice.random() * _AWAY_SECONDS)
    await arena.engine.start()
    return True


async def _freeze_engine(arena: Arena, dice: Random) -> bool:
    arena.signal_engine(signal.SIGSTOP)
    try:
        await asyncio.sleep((1 + dice.random()) * _AWAY_SECONDS)
    finally:
        arena.signal_engine(signal.SIGCONT)
    return True

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

from benchmarks.faults.arena import Arena, Site
from benchmarks.faults.clocks import SteppedClock
from benchmarks.faults.counting_upstream import ON_ANSWER, ON_REQUEST
from benchmarks.faults.gateways import GatewayUnderTest
from benchmarks.faults.redis_fault_proxy import InjectedFault, Moment, Point

#: Seconds that an injury waits for its moment; after that it counts as missed.
STRIKES_WITHIN = 15.0
#: Longer than a lease: a gateway that wakes up finds that the other gateway has taken its work.
FREEZE_SECONDS = 17.0
_AWAY_SECONDS = 2.0
_TROUBLE_SECONDS = 3.0
_TROUBLE = 0.7
#: Half of the time for which a READ's key is known: a store whose clock is ahead by all of it has forgotten each, by rule.
_CLOCK_STEP = 1800
_STEPPED_SECONDS = 4.0
_CLOCKS: dict[str, Callable[[Arena], SteppedClock]] = {
    "one gateway": lambda arena: arena.gateways[0].clock,
    "the other gateway": lambda arena: arena.gateways[1].clock,
    "the store's primary": lambda arena: arena.store.primary.clock,
    "the store's replica": lambda arena: arena.store.replica.clock,
}
_TRANSITIONS = ("claim", "dispatch", "heartbeat", "retry", "resume", "record", "discharge")
_WITH_TOKENS = ("oblige",)
_GENTLE = frozenset({"store_cut_off", "upstream_troubled", "clock_stepped"})


@dataclass(frozen=True, slots=True)
class Injury:
    """`inflict` returns whether it struck. `at_gateways`: no other injury may be under way at the same gateway."""

    kind: str
    place: str
    inflict: Callable[[Arena, Random], Awaitable[bool]]
    at_gateways: bool = True


def gentle_of_each_kind(dice: Random, site: Site) -> list[Injury]:
    """One injury of each kind that takes a few seconds (no gateway dies or freezes), at a place that the dice choose."""
    every = [one for one in injuries(site) if one.kind in _GENTLE]
    return [dice.choice([one for one in every if one.kind == kind]) for kind in sorted(_GENTLE)]


def injuries(site: Site) -> list[Injury]:
    """The injuries of every kind, at every place."""
    transitions = _TRANSITIONS + (_WITH_TOKENS if site.in_boxes else ())
    points = [Point(transition, moment) for transition, moment in product(transitions, Moment)]
    through_proxies = [
        *(Injury("gateway_killed", str(point), partial(_kill_at, point)) for point in points),
        *(Injury("reply_lost", point.transition, partial(_lose, point)) for point in points if point.moment is Moment.AFTER),
        *(Injury("request_lost", point.transition, partial(_lose, point)) for point in points if point.moment is Moment.BEFORE),
        Injury("store_cut_off", "from one gateway", _cut_off),
    ]
    at_gateways = [
        *(through_proxies if not site.direct else ()),
        Injury("gateway_killed", "a request reaches the upstream", partial(_kill_at_upstream, ON_REQUEST)),
        Injury("gateway_killed", "the upstream has answered", partial(_kill_at_upstream, ON_ANSWER)),
        Injury("gateway_frozen", "for longer than its leases", _freeze),
    ]
    around = [
        Injury("upstream_troubled", "resets, halves, silence", _trouble_upstream, at_gateways=False),
        *(
            Injury(
                "clock_stepped",
                f"of {whose}, by {seconds:+d} s and back",
                partial(_step_clock, whose, seconds),
                at_gateways=False,
            )
            for whose, seconds in product(_CLOCKS, (_CLOCK_STEP, -_CLOCK_STEP))
        ),
    ]
    # Where Sentinels watch, they would take a primary that is killed for one that is to be replaced.
    only_alone = [] if site.by_sentinel else [Injury("store_killed", "and started", _restart_store, at_gateways=False)]
    only_in_boxes = [
        Injury("vault_sealed", "and opened", _seal_vault, at_gateways=False),
        Injury("engine_restarted", "by a kill", _restart_engine, at_gateways=False),
        Injury("engine_frozen", "for a while", _freeze_engine, at_gateways=False),
    ]
    return at_gateways + around + only_alone + (only_in_boxes if site.in_boxes else [])


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


async def _kill_at_upstream(moment: str, arena: Arena, dice: Random) -> bool:
    """Kill a gateway that the dice choose. Half the time it is the one that the request is from."""
    gateway = dice.choice(arena.gateways)
    pid = gateway.process.pid
    if pid is None or not await arena.upstream.kill(pid, moment, STRIKES_WITHIN):
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


async def _restart_store(arena: Arena, dice: Random) -> bool:
    await arena.store.restart(dice.random() * _AWAY_SECONDS)
    return True


async def _trouble_upstream(arena: Arena, _dice: Random) -> bool:
    arena.upstream.trouble(_TROUBLE)
    try:
        await asyncio.sleep(_TROUBLE_SECONDS)
    finally:
        arena.upstream.trouble()
    return True


async def _step_clock(whose: str, seconds: int, arena: Arena, _dice: Random) -> bool:
    clock = _CLOCKS[whose](arena)
    clock.step(seconds)
    try:
        await asyncio.sleep(_STEPPED_SECONDS)
    finally:
        clock.step(0)
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

"""What came of a storm, counted at the upstream, in the store, in Vault, at the engine and on the disk."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

import structlog
from redis.asyncio import Redis

from benchmarks.faults.arena import Arena
from benchmarks.faults.callers import Call
from benchmarks.faults.storm import Storm
from callgate import Succeeded, Unknown
from gateway.model.errors import VaultUnavailable
from gateway.secrets.vault import VaultRefused
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.protocol import EngineContainer
from sandbox.hardening.profile import RUN_DIR_LABEL

log = structlog.get_logger(__name__)

CLEAN_WITHIN = 90.0
_LOOK_EVERY = 0.5
_OWED_KEYS = ("leases", "due", "obligations")
_OF_CALLS = "auth/token/create/callgate-"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`duplicate_effects`: effects beyond the one that a call asked for, and effects on a charge that no call asked for.
    `untrue_outcomes`: outcomes that say otherwise than the upstream counted. `leaks`: leases, obligations, boxes, socket
    directories and tokens that are left, by kind.
    """

    calls: int
    duplicate_effects: int
    without_outcome: int
    untrue_outcomes: int
    unknown: int
    leaks: Counter[str]


async def judge(arena: Arena, storm: Storm) -> Verdict:
    """Wait until the gateways have done what they owe, stop them, and count."""
    calls = storm.callers.calls
    owed = await _settled(lambda: _owed(arena), "what the ledger owes")
    for gateway in arena.gateways:
        await gateway.process.stop()
    boxes, tokens = await _settled(lambda: _boxes(arena), "boxes"), await _settled(lambda: _tokens(arena), "tokens")
    directories = Counter(directories=sum(1 for gateway in arena.gateways for _ in gateway.run_dir.glob("*/cg-*")))
    return Verdict(
        calls=len(calls),
        duplicate_effects=_duplicates(arena, calls),
        without_outcome=sum(call.answer is None for call in calls),
        untrue_outcomes=sum(_untrue(arena, call) for call in calls),
        unknown=sum(call.answer is not None and isinstance(call.answer.outcome, Unknown) for call in calls),
        leaks=+(owed + boxes + tokens + directories),
    )


def _duplicates(arena: Arena, calls: list[Call]) -> int:
    made = arena.upstream.made
    asked = {call.charge for call in calls if call.tool == "create_charge"}
    return sum(number - (charge in asked) for charge, number in made.items())


def _untrue(arena: Arena, call: Call) -> bool:
    """Whether the outcome claims an effect that did not happen, or rules out one that did."""
    if call.answer is None or call.tool == "read_charge":
        return False
    effects = (arena.upstream.made if call.tool == "create_charge" else arena.upstream.replaced)[call.charge]
    match call.answer.outcome:
        case Succeeded():
            untrue = effects == 0
        case Unknown():
            untrue = False
        case ended:
            untrue = effects > 0 and call.tool == "create_charge" and not getattr(ended, "effect_possible", False)
    if untrue:
        log.error("untrue", call=call.id, tool=call.tool, outcome=str(call.answer.outcome), effects=effects)
    return untrue


async def _settled(look: Callable[[], Awaitable[Counter[str]]], what: str) -> Counter[str]:
    """What `look` finds, once that is nothing or the time is over."""
    end = monotonic() + CLEAN_WITHIN
    while +(left := await look()) and monotonic() < end:  # noqa: ASYNC110 - other processes do this, and send no event
        await asyncio.sleep(_LOOK_EVERY)
    if +left:
        log.error("left", what=what, **left)
    return left


async def _owed(arena: Arena) -> Counter[str]:
    async with Redis.from_url(arena.store.url, password=arena.store_password) as store:
        found: Counter[str] = Counter()
        for kind in _OWED_KEYS:
            async for key in store.scan_iter(match=f"cg:*:{kind}"):
                found[kind] += await store.zcard(key)
    return found


async def _boxes(arena: Arena) -> Counter[str]:
    if not arena.in_boxes:
        return Counter()
    engine = DockerEngine(f"unix://{arena.home / 'engine.sock'}")
    try:
        containers: tuple[EngineContainer, ...] = await engine.containers({RUN_DIR_LABEL: None})
    finally:
        await engine.close()
    return Counter(boxes=len(containers))


async def _tokens(arena: Arena) -> Counter[str]:
    accessors = await arena.vault.request("GET", "auth/token/accessors?list=true")
    alive = [accessor for accessor in accessors["data"]["keys"] if await _is_of_a_call(arena, accessor)]
    return Counter(tokens=len(alive))


async def _is_of_a_call(arena: Arena, accessor: str) -> bool:
    try:
        found = await arena.vault.request("POST", "auth/token/lookup-accessor", {"accessor": accessor})
    except (VaultRefused, VaultUnavailable):
        return False  # it has ended meanwhile
    return str(found["data"]["path"]).startswith(_OF_CALLS)

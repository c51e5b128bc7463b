"""What a storm has left once its gateways have done what they owe: in the store, in Vault, at the engine and on the disk."""

from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from benchmarks.faults.arena import Arena
from benchmarks.faults.waiting import until
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


async def leftovers(arena: Arena) -> Counter[str]:
    """Leases, obligations, boxes, socket directories and tokens that are left, by kind. Stops the gateways on the way."""
    owed = await _settled(lambda: _owed(arena), "what the ledger owes")
    for gateway in arena.gateways:
        await gateway.process.stop()
    boxes, tokens = await _settled(lambda: _boxes(arena), "boxes"), await _settled(lambda: _tokens(arena), "tokens")
    directories = Counter(directories=sum(1 for gateway in arena.gateways for _ in gateway.run_dir.glob("*/cg-*")))
    return +(owed + boxes + tokens + directories)


async def _settled(look: Callable[[], Awaitable[Counter[str]]], what: str) -> Counter[str]:
    """What `look` finds, once that is nothing or the time is over."""

    async def nothing() -> bool:
        return not +await look()

    if await until(nothing, CLEAN_WITHIN, every=_LOOK_EVERY):
        return Counter()
    log.error("left", what=what, **(left := await look()))
    return left


async def _owed(arena: Arena) -> Counter[str]:
    async with arena.store.primary.client() as store:
        found: Counter[str] = Counter()
        for kind in _OWED_KEYS:
            async for key in store.scan_iter(match=f"cg:*:{kind}"):
                found[kind] += await store.zcard(key)
    return found


async def _boxes(arena: Arena) -> Counter[str]:
    if not arena.site.in_boxes:
        return Counter()
    engine = DockerEngine(f"unix://{arena.engine_socket}")
    try:
        containers: tuple[EngineContainer, ...] = await engine.containers({RUN_DIR_LABEL: None})
    finally:
        await engine.close()
    return Counter(boxes=sum(one.labels[RUN_DIR_LABEL].startswith(str(arena.home)) for one in containers))


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

"""Until when each obtained token is good, and who obtains it, in Redis. The keys are told in `token_states.lua`."""

from typing import Any

from gateway.records.redis.client import Store, Value
from gateway.records.tokens.protocol import (
    FORCED_WITHIN,
    MOST_FORCED,
    Busy,
    Failed,
    Look,
    Pause,
    TokenPlace,
    ToObtain,
    Valid,
)


class RedisTokenStates:
    """See `gateway.records.tokens.protocol.TokenStates` for the promises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def look(self, place: TokenPlace, holder: str, *, lease: float, since: int = 0) -> Look:
        match await self._call("look", place, holder, _milliseconds(lease), since):
            case [b"VALID", generation]:
                return Valid(int(generation))
            case [b"BUSY", now, *failures]:
                return Busy(int(now), *map(int, failures))
            case [b"FAILED", fault, message, left]:
                return Failed(fault.decode(), message.decode(), int(left) / 1000)
            case [b"TAKEN", refused, *failures]:
                return ToObtain(bool(refused), *map(int, failures))
        return ToObtain()

    async def take(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        return await self._says_ok("take", place, holder, _milliseconds(lease))

    async def hold(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        return await self._says_ok("hold", place, holder, _milliseconds(lease))

    async def settle(self, place: TokenPlace, holder: str, *, good_for: float) -> int | None:
        reply = await self._call("settle", place, holder, _milliseconds(good_for))
        return int(reply[1]) if reply[0] == b"OK" else None

    async def fail(self, place: TokenPlace, holder: str, fault: str, message: str, pause: Pause) -> float:
        times = (_milliseconds(seconds) for seconds in (pause.first, pause.longest, pause.least))
        reply = await self._call("fail", place, holder, fault, message, *times)
        return int(reply[1]) / 1000 if len(reply) > 1 else 0.0

    async def forget(self, place: TokenPlace, holder: str) -> None:
        await self._call("forget", place, holder)

    async def refuse(self, place: TokenPlace, generation: int, *, certain: bool) -> bool:
        bounds = MOST_FORCED, _milliseconds(FORCED_WITHIN)
        return await self._says_ok("refuse", place, generation, *bounds, int(certain))

    async def _says_ok(self, name: str, place: TokenPlace, *args: Value) -> bool:
        reply = await self._call(name, place, *args)
        return bool(reply[0] == b"OK")

    async def _call(self, name: str, place: TokenPlace, *args: Value) -> list[Any]:
        return await self._store.call(f"callgate_token_{name}", [f"cg:{{{place.tenant}}}:token:{place.id}"], args)


def _milliseconds(seconds: float) -> int:
    return max(0, int(seconds * 1000))

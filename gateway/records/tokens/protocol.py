"""Until when each obtained token is good, and which gateway obtains it: the protocol that all gateways share, and the fake."""

import time
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import Protocol

#: Refreshes that upstreams may force, and the seconds in which: one that refuses every token has none obtained for each call.
MOST_FORCED, FORCED_WITHIN = 5, 60.0


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Whose token it is: of the tenant that owns the tools, and of one credential of its. What a person has connected is of the
    person's tenant, and `id` is that of a `connections.ApiConnection`."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class Valid:
    """It is there. `generation` tells it from the ones before."""

    generation: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A gateway obtains it now. `now`: by the store's clock, in milliseconds. `failures`: how many tries in a row before this
    one have brought none."""

    now: int
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be obtained just now, and is not tried again for so many seconds. `fault` is a fault code's name."""

    fault: str
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """For how long a failure is told, in seconds: `first`, doubled by each failure in a row up to `longest`, and `least` at
    least, which is what the endpoint has asked for. Without `first` it says nothing of the token, and is not told."""

    first: float = 0.0
    _: KW_ONLY
    longest: float = 0.0
    least: float = 0.0

    def after(self, failures: int) -> float:
        return max(min(self.first * 2 ** min(failures, 16), max(self.longest, self.first)), self.least) if self.first else 0.0


@dataclass(frozen=True, slots=True)
class ToObtain:
    """It is to be obtained by who asked, who holds the lease on that. `refused`: an upstream has said that the
    last one is not good. `failures` as of `Busy`."""

    refused: bool = False
    failures: int = 0


Look = Valid | Busy | Failed | ToObtain


class TokenStates(Protocol):
    """Every method raises StoreUnavailable where the store does not answer. Times in seconds, but for the store's clock."""

    async def look(self, place: TokenPlace, holder: str, *, lease: float, since: int = 0) -> Look:
        """How it stands; where it is neither good nor obtained by another, `holder` has the lease from now on.

        `since`: of one that has waited, the `now` of its first look: what was obtained later is good for it, however short its
        life.
        """
        ...

    async def take(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        """Take the lease, whatever is there: a person connects. False: another has it."""
        ...

    async def hold(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        """Renew the lease. False: another has it, or none."""
        ...

    async def settle(self, place: TokenPlace, holder: str, *, good_for: float) -> int | None:
        """The token is there: its generation. None where the lease was lost. Ends the lease."""
        ...

    async def fail(self, place: TokenPlace, holder: str, fault: str, message: str, pause: Pause) -> float:
        """It was not obtained. Ends the lease. For so many seconds as it answers, who asks is told so."""
        ...

    async def forget(self, place: TokenPlace, holder: str) -> None:
        """What was there was removed by who has the lease, which ends: the next who looks is to obtain it."""
        ...

    async def refuse(self, place: TokenPlace, generation: int, *, certain: bool) -> bool:
        """An upstream has refused the token of this generation: it counts no more. `certain`: who obtains the next one is told
        so. False: too many were refused just now."""
        ...


@dataclass(slots=True)
class _State:
    _: KW_ONLY
    good_until: int = 0
    obtained: int = 0
    generation: int = 0
    holder: str = ""
    lease_until: int = 0
    fault: tuple[str, str] = ("", "")
    fault_until: int = 0
    failures: int = 0
    forced: int = 0
    forced_since: int = 0
    refused: bool = False


@dataclass(slots=True)
class MemoryTokenStates:
    """For tests of everything else, and as what the contract's tests compare the store with."""

    clock: Callable[[], float] = time.time
    _states: dict[TokenPlace, _State] = field(default_factory=dict)

    async def look(self, place: TokenPlace, holder: str, *, lease: float, since: int = 0) -> Look:
        state, now = self._state(place), self._now()
        if state.good_until > now or (since and state.obtained >= since):
            return Valid(state.generation)
        if state.lease_until > now:
            return Busy(now, state.failures)
        if state.fault_until > now:
            return Failed(*state.fault, (state.fault_until - now) / 1000)
        state.holder, state.lease_until = holder, now + int(lease * 1000)
        return ToObtain(state.refused, state.failures)

    async def take(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        state, now = self._state(place), self._now()
        if state.lease_until > now and state.holder != holder:
            return False
        state.holder, state.lease_until = holder, now + int(lease * 1000)
        return True

    async def hold(self, place: TokenPlace, holder: str, *, lease: float) -> bool:
        state, now = self._state(place), self._now()
        if state.holder != holder or state.lease_until <= now:
            return False
        state.lease_until = now + int(lease * 1000)
        return True

    async def settle(self, place: TokenPlace, holder: str, *, good_for: float) -> int | None:
        state, now = self._state(place), self._now()
        if state.holder != holder:
            return None
        state.good_until, state.obtained, state.generation = now + int(good_for * 1000), now, state.generation + 1
        state.holder, state.lease_until, state.fault_until, state.failures, state.refused = "", 0, 0, 0, False
        return state.generation

    async def fail(self, place: TokenPlace, holder: str, fault: str, message: str, pause: Pause) -> float:
        state, now = self._state(place), self._now()
        if state.holder != holder:
            return 0.0
        state.holder, state.lease_until = "", 0
        if seconds := pause.after(state.failures):
            state.fault, state.fault_until, state.failures = (fault, message), now + int(seconds * 1000), state.failures + 1
        return seconds

    async def forget(self, place: TokenPlace, holder: str) -> None:
        state = self._state(place)
        if state.holder == holder:
            self._states[place] = _State(generation=state.generation)

    async def refuse(self, place: TokenPlace, generation: int, *, certain: bool) -> bool:
        state, now = self._state(place), self._now()
        if state.generation != generation:
            return True
        if now - state.forced_since > FORCED_WITHIN * 1000:
            state.forced, state.forced_since = 0, now
        if state.forced >= MOST_FORCED:
            return False
        if state.good_until or state.obtained:
            state.forced += 1
        state.good_until = state.obtained = 0
        state.refused |= certain
        return True

    def _state(self, place: TokenPlace) -> _State:
        return self._states.setdefault(place, _State())

    def _now(self) -> int:
        return int(self.clock() * 1000)

"""Whether a gateway has what a lock file names: each version, with the same digest, and such that it may be called."""

import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from callgate.errors import LockDiffers, RequestRefused, ToolDisabled, ToolNotFound, ToolQuarantined, ToolRetired
from callgate.lock import Lock, LockedTool
from callgate.types import Tool, VersionState

#: Asks the gateway for a tool version by its reference. Raises CallgateError.
Get = Callable[[str], Awaitable[Tool]]

CURE = (
    "See what has changed (`callgate lock --check`, `callgate tools show NAME`), lock what the agent is to call now "
    "(`callgate lock`), and run its tests; or ask the gateway that the file was written for."
)


class DeprecatedTool(UserWarning):
    """A locked version may be called yet, and should not be for long."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class LockFault(StrEnum):
    """MISSING: there is no such tool for this caller. VERSION: it has no such version. DIGEST: its version of that number is
    another one. STATE: the version may not be called."""

    MISSING = "MISSING"
    VERSION = "VERSION"
    DIGEST = "DIGEST"
    STATE = "STATE"


@dataclass(frozen=True, slots=True)
class LockedState:
    """A locked tool as the gateway has it. `told` says what differs, `deprecated` why it should not be called for long.

    `current` is the version that a call without a lock would have: empty where there is none, or was not asked for.
    """

    locked: LockedTool
    fault: LockFault | None = None
    told: str = ""
    deprecated: str = ""
    current: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether a call without a lock would have another version."""
        return self.current not in ("", self.locked.version)

    def __str__(self) -> str:
        instead = f"; {self.locked.name}@{self.current} is called now" if self.is_behind else ""
        return f"{self.locked.reference} {self.told or self.deprecated or 'is as it was'}{instead}"


async def states(lock: Lock, get: Get) -> tuple[LockedState, ...]:
    """Of each tool of the lock. Raises CallgateError where the gateway does not answer."""
    return tuple([await _beside_current(await _state(one, get), get) for one in lock.tools.values()])


async def require(lock: Lock, get: Get) -> None:
    """Warn of what is deprecated. Raises LockDiffers, which names each tool that differs."""
    found = [await _state(one, get) for one in lock.tools.values()]
    noted = [await _beside_current(one, get) for one in found if one.fault or one.deprecated]
    if differing := [one for one in noted if one.fault is not None]:
        tools = "1 tool differs" if len(differing) == 1 else f"{len(differing)} tools differ"
        told = f"{tools} from {lock.file}: {', '.join(map(str, differing))}"
        raise LockDiffers(told, cure=CURE, differing=tuple(one.locked.name for one in differing))
    for one in noted:
        warnings.warn(DeprecatedTool(f"{lock.file}: {one}"), stacklevel=2)


async def _state(locked: LockedTool, get: Get) -> LockedState:
    try:
        found = await get(locked.reference)
    except (ToolDisabled, ToolRetired, ToolQuarantined) as refusal:
        return LockedState(locked, LockFault.STATE, f"may not be called ({refusal.message})")
    except ToolNotFound:
        return LockedState(locked, LockFault.VERSION, "is not there")
    if found.digest != locked.digest:
        return LockedState(locked, LockFault.DIGEST, f"has another digest: {found.digest}")
    if found.state not in (VersionState.ACTIVE, VersionState.DEPRECATED):
        return LockedState(locked, LockFault.STATE, f"may not be called: it is {found.state}")
    return LockedState(locked, deprecated=_deprecation(found))


async def _beside_current(state: LockedState, get: Get) -> LockedState:
    try:
        return replace(state, current=(await get(state.locked.name)).version)
    except RequestRefused:  # no version of it can be called
        gone = state.fault is LockFault.VERSION
        return replace(state, fault=LockFault.MISSING, told="is not there at all") if gone else state


def _deprecation(tool: Tool) -> str:
    if tool.state is VersionState.DEPRECATED:
        return "was deprecated by an operator"
    return "is deprecated by its API" if tool.deprecated else ""

"""The register of boxes: which there are, on which engine, and which are gone for certain. All gateways write in one.

A box is entered before its container can exist, under the name that the container will have. So whatever becomes of the request
that makes it, whoever comes after a dead gateway knows what to look for.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BoxPlace:
    """Where a box is. `engine` is the engine's own id; the run directory and the gateway are those of that engine's host."""

    engine: str
    run_dir: str
    gateway: str


class Absent(Enum):
    """Why a box is not in the register."""

    GONE = "gone"  # buried: its container was confirmed gone
    NEVER = "never"  # not entered, or so long ago that its tombstone is forgotten


class BoxRegistry(Protocol):
    """Every method raises RegisterUnavailable where what it says could not be written or read."""

    async def enter(self, name: str, place: BoxPlace) -> None: ...

    async def mark_removed(self, name: str) -> None:
        """The box's container is confirmed gone. Burying again, or what was never entered, is no error."""
        ...

    async def find(self, name: str) -> BoxPlace | Absent: ...

    async def at(self, engine: str, run_dir: str) -> dict[str, str]:
        """The boxes of one run directory that are not buried, each with its gateway."""
        ...


class MemoryBoxRegistry:
    """One for a single process: for tests, and where only one gateway's boxes matter."""

    def __init__(self) -> None:
        self._there: dict[str, BoxPlace] = {}
        self._gone: set[str] = set()

    async def enter(self, name: str, place: BoxPlace) -> None:
        self._there[name] = place

    async def mark_removed(self, name: str) -> None:
        self._there.pop(name, None)
        self._gone.add(name)

    async def find(self, name: str) -> BoxPlace | Absent:
        return self._there.get(name) or (Absent.GONE if name in self._gone else Absent.NEVER)

    async def at(self, engine: str, run_dir: str) -> dict[str, str]:
        here = ((name, place) for name, place in self._there.items() if (place.engine, place.run_dir) == (engine, run_dir))
        return {name: place.gateway for name, place in here}

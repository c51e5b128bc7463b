"""The box registry: which boxes exist, on which host, and which are confirmed gone. All gateways share one registry.

A box is entered before its container can exist, under the name that the container will have. So whatever becomes of the request
that makes it, a gateway that sweeps after a dead one knows which containers to look for.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BoxPlace:
    """Where a box is. `host` is the host's id in the host registry; the run directory and the gateway are on it."""

    host: str
    run_dir: str
    gateway: str


class Absent(Enum):
    """Why a box is not in the registry."""

    GONE = "gone"  # marked as removed: its container was confirmed gone
    NEVER = "never"  # never entered, or removed so long ago that the mark is forgotten


class BoxRegistry(Protocol):
    """Every method raises BoxRegistryUnavailable where the registry cannot be written or read."""

    async def enter(self, name: str, place: BoxPlace) -> None:
        """Raises HostLost where the box's host was declared lost."""
        ...

    async def mark_removed(self, name: str) -> None:
        """The box's container is confirmed gone. To mark a box again, or one that was never entered, is no error."""
        ...

    async def find(self, name: str) -> BoxPlace | Absent: ...

    async def there(self) -> dict[str, BoxPlace]:
        """The boxes that are not marked as removed, on all hosts."""
        ...

    async def at(self, host: str, run_dir: str) -> dict[str, str]:
        """The boxes of one run directory that are not marked as removed, each with its gateway."""
        ...


class MemoryBoxRegistry:
    """A registry for a single process: for tests, and where only one gateway's boxes matter."""

    def __init__(self) -> None:
        self._places: dict[str, BoxPlace] = {}
        self._removed: set[str] = set()

    async def enter(self, name: str, place: BoxPlace) -> None:
        self._places[name] = place

    async def mark_removed(self, name: str) -> None:
        self._places.pop(name, None)
        self._removed.add(name)

    async def find(self, name: str) -> BoxPlace | Absent:
        return self._places.get(name) or (Absent.GONE if name in self._removed else Absent.NEVER)

    async def there(self) -> dict[str, BoxPlace]:
        return dict(self._places)

    async def at(self, host: str, run_dir: str) -> dict[str, str]:
        here = ((name, place) for name, place in self._places.items() if (place.host, place.run_dir) == (host, run_dir))
        return {name: place.gateway for name, place in here}

"""The container engine, as far as boxes need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class EngineContainer:
    """A container that exists, running or not."""

    name: str
    labels: Mapping[str, str]


class Engine(Protocol):
    """Every method raises EngineUnavailable, whose `trouble` has the cure, where the engine does not answer, or refuses."""

    async def ping(self) -> None:
        """Ask whether the engine is there. Cheap, and fails within two seconds."""
        ...

    async def id(self) -> str:
        """The engine's own id. Engines that were copied, or got the same key file, have the same."""
        ...

    async def first_user(self) -> int:
        """The number on the host of the user whom boxes know as 0: another one than 0 where the engine has a user namespace."""
        ...

    async def ensure_image(self, name: str, context: bytes) -> bool:
        """Build the image from a tar archive, unless one of that name exists. Returns whether it was built. Pulls nothing."""
        ...

    async def volumes(self, image: str) -> tuple[str, ...]:
        """The paths for which a container of the image would get space on the host's disk. Raises ImageMissing."""
        ...

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        """Create a container. Raises ImageMissing where the engine has no such image."""
        ...

    async def start(self, name: str) -> None: ...

    async def remove(self, name: str) -> None:
        """Kill and remove the container. Returns when it is gone; a container that is gone already is no error."""
        ...

    async def containers(self, labels: Mapping[str, str | None]) -> tuple[EngineContainer, ...]:
        """All containers that have these labels, running or not. The value None matches any value."""
        ...

    async def mark(self, name: str, labels: Mapping[str, str]) -> None:
        """Keep a mark of this name with the engine's data. One that is there already stays as it is."""
        ...

    async def marks(self, label: str) -> dict[str, Mapping[str, str]]:
        """The marks that have this label, by name, with all their labels."""
        ...

    async def unmark(self, name: str) -> None:
        """Remove a mark. One that is gone already is no error."""
        ...

    async def close(self) -> None: ...

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
    """Every method raises EngineUnavailable, with the cause and the cure, where the engine does not answer or refuses."""

    async def ping(self) -> None:
        """The quick question, whether it is there: cheap, and it fails within two seconds."""
        ...

    async def id(self) -> str:
        """The same for as long as the engine keeps its data, and no other engine's."""
        ...

    async def ensure_image(self, name: str, context: bytes) -> bool:
        """Build the image from a tar archive, unless one of that name exists. Answers whether it was built. Pulls nothing."""
        ...

    async def volumes(self, image: str) -> tuple[str, ...]:
        """The paths for which a container of the image would get storage on the host's disk. Raises ImageMissing."""
        ...

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        """Raises ImageMissing where it has no such image."""
        ...

    async def start(self, name: str) -> None: ...

    async def remove(self, name: str) -> None:
        """Kill and remove. Returns when the container is gone; one that is gone already is no error."""
        ...

    async def containers(self, labels: Mapping[str, str | None]) -> tuple[EngineContainer, ...]:
        """All containers that have these labels. None stands for any value."""
        ...

    async def close(self) -> None: ...

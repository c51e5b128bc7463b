"""Makes boxes and unmakes them. Only these steps need the engine, and no lease of a waiting box needs them."""

import asyncio
import secrets
import shutil
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import structlog

from sandbox.api.errors import (
    BoxRegistryUnavailable,
    EngineUnavailable,
    ImageMissing,
    ImageUnusable,
    RuntimeUnavailable,
    SandboxError,
)
from sandbox.api.spec import BoxSpec
from sandbox.box.box import Design, SocketBox
from sandbox.box.frames import ProtocolViolation
from sandbox.engine.protocol import Engine
from sandbox.engine.runner_image import place_tools
from sandbox.hardening.profile import Profile, container
from sandbox.hardening.runtimes import RUNC
from sandbox.reaping.box_registry import BoxPlace, BoxRegistry

#: From the start of the container to the runner's READY. It takes milliseconds; a busy host may take longer.
READY_SECONDS = 10.0

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

log = structlog.get_logger()


def new_name() -> str:
    """A box's name, and its container's: unique among all boxes of all gateways."""
    return f"cg-{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class BoxFactory:
    """Makes the boxes of one gateway. The box in slot n runs as the user `first_uid` + n.

    `image` is the runner's own. `host` is the engine's in the box registry.
    """

    engine: Engine
    image: str
    run_dir: Path
    gateway_id: str
    _: KW_ONLY
    registry: BoxRegistry
    first_uid: int
    host: str = ""

    def design(self, name: str, slot: int, spec: BoxSpec) -> SocketBox:
        """A box that does not exist yet. It must be unmade, whatever becomes of it."""
        return SocketBox(Design(name, self.directory / name, slot, self.first_uid + slot, spec, spec.image or self.image))

    async def make(self, box: SocketBox) -> None:
        """Bring the box to where it waits for a job.

        Raises EngineUnavailable, BoxRegistryUnavailable; and, which concern one spec only, ImageMissing, ImageUnusable,
        RuntimeUnavailable.
        """
        try:
            await box.open()
            if box.spec.image is not None:
                await self._refuse_volumes(box.spec.image)
                await asyncio.to_thread(place_tools, self._tools)
            await self.registry.enter(box.name, BoxPlace(self.host, str(self.run_dir), self.gateway_id))
            await self.engine.create(box.name, container(self._profile(box)))
            await self.engine.start(box.name)
            async with asyncio.timeout(READY_SECONDS):
                await box.ready()
        except ImageMissing as error:
            if box.spec.runner_mounted:
                raise
            raise EngineUnavailable(f"{error} A gateway builds it when it starts: start the gateway again.") from error
        except EngineUnavailable as error:
            if error.answered:
                raise _no_box(box.spec, str(error)) from error
            raise
        except TimeoutError as error:
            raise _no_box(box.spec, f"A box started, but was not ready within {READY_SECONDS:g} s.") from error
        except (EOFError, ProtocolViolation) as error:
            raise _no_box(box.spec, "A box started, but its runner ended at once.") from error
        except OSError as error:
            raise EngineUnavailable(f"A box's sockets could not be made in {self.directory}: {error}") from error

    async def _refuse_volumes(self, image: str) -> None:
        """Whatever else bounds the box, the engine gives a volume that an image declares unbounded room on the host's disk."""
        volumes = await self.engine.volumes(image)
        if volumes:
            raise ImageUnusable(f"The image {image} declares volumes ({', '.join(volumes)}): a box has none, so remove them.")

    async def unmake(self, box: SocketBox) -> None:
        """End the box and remove it, trying as often as it takes. Returns when its container is confirmed gone."""
        box.close()
        pause = _FIRST_PAUSE
        while not await self._removed(box.name):
            if pause == _FIRST_PAUSE:
                log.warning("box_not_removed_yet", box=box.name)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        shutil.rmtree(box.directory, ignore_errors=True)
        with suppress(BoxRegistryUnavailable):  # then a sweep marks it
            await self.registry.mark_removed(box.name)

    @property
    def directory(self) -> Path:
        return self.run_dir / self.gateway_id

    async def _removed(self, name: str) -> bool:
        try:
            await self.engine.remove(name)
        except EngineUnavailable:
            return False
        return True

    def _profile(self, box: SocketBox) -> Profile:
        return Profile(
            box.name,
            self.gateway_id,
            box.design.image,
            box.spec,
            box.uid,
            directory=box.directory,
            host=self.host,
            run_dir=self.run_dir,
            tools=self._tools,
        )

    @property
    def _tools(self) -> Path:
        return self.directory / "tools"


def _no_box(spec: BoxSpec, message: str) -> SandboxError:
    """Where a runtime other than the default fails, or an image other than the runner's, the engine itself is not at fault."""
    if spec.runtime == RUNC and spec.runner_mounted:
        return ImageUnusable(f"The engine makes no box of the image {spec.image}: {message}")
    if spec.runtime == RUNC:
        return EngineUnavailable(message, answered=True)
    return RuntimeUnavailable(f"The engine makes no box of the runtime {spec.runtime}: {message}")

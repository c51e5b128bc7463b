"""Makes boxes and unmakes them. Only these steps need the engine, and no lease of a waiting box needs them."""

import asyncio
import secrets
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

import structlog

from sandbox.api.engine_trouble import EngineTrouble
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
from sandbox.engine.runner_image import place_texts, place_tools
from sandbox.hardening.etc_files import etc_directory, etc_files
from sandbox.hardening.profile import Profile, container
from sandbox.hardening.runtimes import RUNC
from sandbox.reaping.box_registry import BoxPlace, BoxRegistry
from sandbox.reaping.place import GatewayPlace, place_refused

#: From the start of the container to the runner's READY. It takes milliseconds; a busy host may take longer.
READY_SECONDS = 10.0

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0

log = structlog.get_logger()


def new_name() -> str:
    """A box's name, and its container's: unique among all boxes of all gateways."""
    return f"cg-{secrets.token_hex(6)}"


#: Makes the runner's image again where the engine has it no more. Raises EngineUnavailable.
RestoreImage = Callable[[], Awaitable[None]]

#: PEM: whom a tool author's program may believe beside the system's authorities, as of now.
Authorities = Callable[[], str]


@dataclass(frozen=True, slots=True)
class BoxFactory:
    """Makes the boxes of one gateway, in its `place`. The box in slot n runs as the host's user `place.first_uid` + n.

    `image` is the runner's own. `host` is the engine's in the box registry. `first_user` is the host's user whom boxes know as
    0.
    """

    engine: Engine
    image: str
    place: GatewayPlace
    gateway_id: str
    _: KW_ONLY
    registry: BoxRegistry
    restore_image: RestoreImage | None = None
    authorities: Authorities = str
    host: str = ""
    first_user: int = 0

    def design(self, name: str, slot: int, spec: BoxSpec) -> SocketBox:
        """A box that does not exist yet. It must be unmade, whatever becomes of it."""
        place = self.place
        return SocketBox(Design(name, place.directory / name, slot, place.first_uid + slot, spec, spec.image or self.image))

    async def make(self, box: SocketBox) -> None:
        """Bring the box to where it waits for a job. What it is made of, and an operator has removed, is made again.

        Raises EngineUnavailable, BoxRegistryUnavailable; and, which concern one spec only, ImageMissing, ImageUnusable,
        RuntimeUnavailable.
        """
        try:
            await self.place.mend()
            await box.open()
            if box.spec.image is not None:
                await self._refuse_volumes(box.spec.image)
                await self.place_tools()
                await asyncio.to_thread(place_texts, etc_directory(self._tools), etc_files(box.uid - self.first_user))
            await self.registry.enter(box.name, BoxPlace(self.host, str(self.place.run_dir), self.gateway_id))
            await self._create(box)
            await self.engine.start(box.name)
            async with asyncio.timeout(READY_SECONDS):
                await box.ready()
        except EngineUnavailable as error:
            raise _no_box(box.spec, error) from error
        except TimeoutError as error:
            raise _no_box(box.spec, _ended(f"was not ready within {READY_SECONDS:g} s")) from error
        except (EOFError, ProtocolViolation) as error:
            raise _no_box(box.spec, _ended("its runner ended at once")) from error
        except OSError as error:
            raise place_refused(self.place.directory, error) from error

    async def place_tools(self) -> None:
        """See that what boxes of tool authors' images have mounted is there, and is as of now. Raises OSError."""
        await asyncio.to_thread(place_tools, self._tools, beside=self.authorities())

    async def _create(self, box: SocketBox) -> None:
        """A tool author's image that is missing is the operator's to load. The runner's own is made again, once."""
        config = container(self._profile(box))
        try:
            await self.engine.create(box.name, config)
        except ImageMissing as error:
            if box.spec.runner_mounted:
                raise
            await self._restore(error)
            try:
                await self.engine.create(box.name, config)
            except ImageMissing as again:
                raise EngineUnavailable(f"{again} It was made again, and is gone.", EngineTrouble.IMAGE_UNMADE) from again

    async def _restore(self, error: ImageMissing) -> None:
        if self.restore_image is None:
            raise EngineUnavailable(str(error), EngineTrouble.IMAGE_UNMADE) from error
        log.warning("runner_image_missing", cause=str(error))
        await self.restore_image()

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
            box.uid - self.first_user,
            directory=box.directory,
            host=self.host,
            run_dir=self.place.run_dir,
            tools=self._tools,
        )

    @property
    def _tools(self) -> Path:
        return self.place.directory / "tools"


def _ended(how: str) -> EngineUnavailable:
    return EngineUnavailable(f"A box started, but {how}.", EngineTrouble.RUNNER_ENDED)


def _no_box(spec: BoxSpec, error: EngineUnavailable) -> SandboxError:
    """Whose fault it is: the host's; else the runtime's, where it is not the default; else that of a tool author's image."""
    if error.trouble.of_host:
        return error
    if spec.runtime != RUNC:
        return RuntimeUnavailable(f"The engine makes no box of the runtime {spec.runtime}: {error}")
    if spec.runner_mounted and error.trouble not in _OF_ENGINE:
        return ImageUnusable(f"The engine makes no box of the image {spec.image}: {error}")
    return error


#: What no image can bring about.
_OF_ENGINE = {EngineTrouble.PROFILE_REFUSED, EngineTrouble.RUNTIME_UNUSABLE}

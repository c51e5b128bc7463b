"""An engine without containers, for tests of what the pool decides: it confines nothing, and its boxes run no job."""

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, ImageMissing
from sandbox.box.frames import FrameKind, encode
from sandbox.egress.box_sockets import IO_SOCKET
from sandbox.engine.protocol import EngineContainer


class FakeEngine:
    """A box that it starts connects to its gateway and says that it is ready. `steps` lists what the engine was asked to do.

    Tests set the rest: `absent` lists the images that the engine does not have, but may build; while `down`, it does not
    answer; `refusals` says at which step it refuses, and why; it takes `start_seconds` to start a box, and `build_seconds` to
    build an image.
    """

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.absent: set[str] = set()
        self.down = False
        self.start_seconds = self.build_seconds = 0.0
        self.refusals: dict[str, EngineTrouble] = {}
        self._marks: dict[str, Mapping[str, str]] = {}
        self._created: dict[str, Mapping[str, Any]] = {}
        self._runners: dict[str, socket.socket] = {}

    async def ping(self) -> None:
        self._step("ping")

    async def id(self) -> str:
        self._step("id")
        return "fake-engine"

    async def first_user(self) -> int:
        self._step("first_user")
        return 0

    async def ensure_image(self, name: str, context: bytes) -> bool:
        self._step("ensure_image")
        if name not in self.absent:
            return False
        self._step("build")
        await asyncio.sleep(self.build_seconds)
        self.absent.discard(name)
        return True

    async def volumes(self, image: str) -> tuple[str, ...]:
        self._step("volumes")
        self._require(image)
        return ()

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        self._step("create")
        self._require(config["Image"])
        self._created[name] = config

    async def start(self, name: str) -> None:
        self._step("start")
        await asyncio.sleep(self.start_seconds)
        directory = Path(self._created[name]["HostConfig"]["Mounts"][0]["Source"])
        self._runners[name] = runner = socket.socket(socket.AF_UNIX)
        runner.connect(str(directory / IO_SOCKET))
        runner.sendall(encode(FrameKind.READY))

    async def remove(self, name: str) -> None:
        self._step("remove")
        self.kill(name)
        self._created.pop(name, None)

    async def containers(self, labels: Mapping[str, str | None]) -> tuple[EngineContainer, ...]:
        self._step("containers")
        found = ((name, config["Labels"]) for name, config in self._created.items())
        return tuple(EngineContainer(name, own) for name, own in found if _has(own, labels))

    async def mark(self, name: str, labels: Mapping[str, str]) -> None:
        self._step("mark")
        self._marks.setdefault(name, labels)

    async def marks(self, label: str) -> dict[str, Mapping[str, str]]:
        self._step("marks")
        return {name: labels for name, labels in self._marks.items() if label in labels}

    async def unmark(self, name: str) -> None:
        self._step("unmark")
        self._marks.pop(name, None)

    async def close(self) -> None:
        for name in list(self._runners):
            self.kill(name)

    def running(self) -> tuple[str, ...]:
        return tuple(self._runners)

    def kill(self, name: str) -> None:
        """End the box's runner, as a crash would. The container stays."""
        if name in self._runners:
            self._runners.pop(name).close()

    def _step(self, step: str) -> None:
        self.steps.append(step)
        if self.down:
            raise EngineUnavailable("The fake engine is down.", EngineTrouble.ABSENT)
        if step in self.refusals:
            raise EngineUnavailable("The fake engine refuses.", self.refusals[step])

    def _require(self, image: str) -> None:
        if image in self.absent:
            raise ImageMissing(f"The fake engine has no image {image}.")


def _has(own: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    return all(key in own and value in (None, own[key]) for key, value in wanted.items())

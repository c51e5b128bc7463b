"""Doors, which are real processes, and what stands behind them."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import grpc
import pytest

from gateway.edge.door.door import Door
from tests.gateway.edge.door.backend import OURS, server_on
from tests.gateway.edge.door.frames import RawClient


@dataclass
class Behind:
    """A door, and how a test asks through it."""

    door: Door
    stack: AsyncExitStack
    capture: Any
    _told: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.door.listen.rpartition(":")[2])

    async def channel(self, *options: tuple[str, object], address: str = "") -> grpc.aio.Channel:
        own = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0), ("grpc.max_receive_message_length", -1))
        channel = grpc.aio.insecure_channel(address or self.door.listen, options=(*own, *options))
        return await self.stack.enter_async_context(channel)

    async def raw(self, **how: Any) -> RawClient:
        client = await RawClient.open(self.port, **how)
        self.stack.callback(client.close)
        return client

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the door's log says of it."""
        self._told += [line for line in self.capture.readouterr().err.splitlines() if line.startswith("{")]
        return [told for told in map(json.loads, self._told) if told.get("event") == event]


StartBackend = Callable[[Path], Awaitable[Process]]


class Open(Protocol):
    """Opens a door. `backend` is for one whose gateway is a part of the test's own process."""

    async def __call__(self, *, backend: bool = True, listen: str = "", **how: Any) -> Behind: ...


@pytest.fixture
async def open_door(free_port: Callable[[], int], capfd: pytest.CaptureFixture[str]) -> AsyncIterator[Open]:
    async with AsyncExitStack() as stack:

        async def start(*, backend: bool = True, listen: str = "", **how: Any) -> Behind:
            door = Door(listen or f"127.0.0.1:{free_port()}", **how)
            if backend:
                server = server_on(door.gateway)
                await server.start()
                stack.push_async_callback(server.stop, 0)
            stack.push_async_callback(door.close, 0)
            await door.open()
            return Behind(door, stack, capfd)

        yield start


@pytest.fixture
async def start_backend() -> AsyncIterator[StartBackend]:
    """Starts one that is a process of its own."""
    started = list[Process]()

    async def start(path: Path) -> Process:
        command: Sequence[str] = (sys.executable, "-m", "tests.gateway.edge.door.backend", str(path))
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
        started.append(process)
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def unary(channel: grpc.aio.Channel, method: str, service: str = OURS) -> Any:
    return channel.unary_unary(f"{service}/{method}")


def uploading(channel: grpc.aio.Channel, method: str) -> Any:
    return channel.stream_unary(f"{OURS}/{method}")


def streamed(channel: grpc.aio.Channel, method: str, service: str = OURS) -> Any:
    return channel.unary_stream(f"{service}/{method}")

"""One caller of a gateway, and the gateway's boxes as the host sees them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import docker
import grpc
from docker.errors import NotFound

from benchmarks.echo_server import METHOD
from benchmarks.one_gateway import TOOL, OneGateway
from benchmarks.stack import DOCKER_SOCKET
from callgate import AsyncClient, State
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from callgate.keys import new_key
from callgate.messages import invoke
from sandbox.hardening.profile import RUN_DIR_LABEL

LOOK_EVERY = 0.05
FULL_WITHIN = 60.0
_LINES = 2

T = TypeVar("T")


class WrongAnswer(Exception):
    """A call did not do what is measured."""


@dataclass(frozen=True, slots=True)
class Caller:
    client: AsyncClient
    channel: grpc.aio.Channel

    async def call(self) -> float:
        """Milliseconds of one call in a box of its own."""
        took, invocation = await _timed(self.client.call(TOOL, {}))
        if invocation.state is not State.SUCCEEDED or len(invocation.attempts) != 1:
            raise WrongAnswer(f"the call ended as {invocation.state.value} after {len(invocation.attempts)} attempts")
        return took

    async def echo(self) -> float:
        """Milliseconds of a message of a call's size and back, over a channel that is the SDK's own."""
        request = invoke(TOOL, {}, key=new_key(), run_id=None, timeout=None).SerializeToString()
        echo: Any = self.channel.unary_unary(METHOD)
        took, response = await _timed(echo(request))
        if response != request:
            raise WrongAnswer("the echo answered something else")
        return took


@asynccontextmanager
async def caller(around: OneGateway) -> AsyncIterator[Caller]:
    async with around.client() as client, connect_aio(Endpoint(around.echo)) as channel:
        yield Caller(client, channel)


class Boxes:
    """The boxes of one gateway. `size` of them should wait."""

    def __init__(self, run_dir: Path, size: int) -> None:
        self._run_dir = run_dir
        self._size = size
        self._observer = docker.APIClient(f"unix://{DOCKER_SOCKET}", timeout=30)

    def close(self) -> None:
        self._observer.close()

    async def wait_full(self) -> None:
        """Return once as many boxes as should wait, or more, are connected, and none is at work, being made or removed."""
        async with asyncio.timeout(FULL_WITHIN):
            while not await asyncio.to_thread(self._full):  # noqa: ASYNC110 - the engine tells nobody
                await asyncio.sleep(LOOK_EVERY)

    async def resident(self) -> list[float]:
        """Megabytes of each box's process."""
        return [_resident(process) for process in await asyncio.to_thread(self._processes)]

    def _full(self) -> bool:
        # Cheaply first: a look at each box is a request to the engine, which is busy enough with filling the pool.
        names = list(self._run_dir.glob("*/cg-*"))
        return len(names) >= self._size and len(processes := self._processes()) >= self._size and all(map(_waits, processes))

    def _processes(self) -> list[int]:
        found = self._observer.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={self._run_dir}"})
        return [self._process(entry["Id"]) for entry in found]

    def _process(self, id: str) -> int:
        """0 where it has none, or is gone."""
        try:
            return int(self._observer.inspect_container(id)["State"]["Pid"])
        except NotFound:
            return 0


def _waits(process: int) -> bool:
    """Whether it is connected to its gateway and to its broker: one that has answered has hung up the latter."""
    try:
        return sum(file.readlink().name.startswith("socket:") for file in Path(f"/proc/{process}/fd").iterdir()) == _LINES
    except FileNotFoundError:
        return False


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


async def _timed(work: Awaitable[T]) -> tuple[float, T]:
    begin = perf_counter()
    result = await work
    return 1000 * (perf_counter() - begin), result

"""One caller of a gateway, and the gateway's boxes as the host shows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import grpc
from docker.errors import NotFound

from benchmarks.one_gateway import TOOL, OneGateway
from benchmarks.stack import DOCKER_SOCKET
from benchmarks.timing import WrongAnswer, timed, timed_echo
from callgate import AsyncClient, State
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from sandbox.hardening.profile import RUN_DIR_LABEL

LOOK_EVERY = 0.05
FULL_WITHIN = 60.0
_SOCKETS = 2  # one to the gateway, one to the broker


@dataclass(frozen=True, slots=True)
class Caller:
    client: AsyncClient
    channel: grpc.aio.Channel

    async def call(self) -> float:
        """Milliseconds of one call in a box of its own."""
        took, invocation = await timed(self.client.call(TOOL, {}))
        if invocation.state is not State.SUCCEEDED or len(invocation.attempts) != 1:
            raise WrongAnswer(f"the call ended as {invocation.state.value} after {len(invocation.attempts)} attempts")
        return took

    async def echo(self) -> float:
        return await timed_echo(self.channel, TOOL)


@asynccontextmanager
async def caller(around: OneGateway) -> AsyncIterator[Caller]:
    async with around.client() as client, connect_aio(Endpoint(around.echo)) as channel:
        yield Caller(client, channel)


class Boxes:
    """The boxes of one gateway, which should keep `size` of them waiting."""

    def __init__(self, run_dir: Path, size: int) -> None:
        self._run_dir = run_dir
        self._size = size
        self._observer = docker.APIClient(f"unix://{DOCKER_SOCKET}", timeout=30)

    def close(self) -> None:
        self._observer.close()

    async def wait_full(self) -> None:
        """Return once at least `size` boxes are connected, and none is at work, or being made or removed."""
        async with asyncio.timeout(FULL_WITHIN):
            while not await asyncio.to_thread(self._full):  # noqa: ASYNC110 - the engine sends no event for this
                await asyncio.sleep(LOOK_EVERY)

    async def resident(self) -> list[float]:
        """Megabytes of each box's process."""
        return [_resident(process) for process in await asyncio.to_thread(self._processes)]

    def _full(self) -> bool:
        # The cheap condition first: each box costs a request to the engine, which is busy enough with filling the pool.
        names = list(self._run_dir.glob("*/cg-*"))
        return len(names) >= self._size and len(processes := self._processes()) >= self._size and all(map(_waits, processes))

    def _processes(self) -> list[int]:
        found = self._observer.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={self._run_dir}"})
        return [self._process(entry["Id"]) for entry in found]

    def _process(self, id: str) -> int:
        """The box's process; 0 where it has none or the box is gone."""
        try:
            return int(self._observer.inspect_container(id)["State"]["Pid"])
        except NotFound:
            return 0


def _waits(process: int) -> bool:
    """Whether the box is connected to its gateway and to its broker: a box that has answered has left the broker."""
    try:
        return sum(file.readlink().name.startswith("socket:") for file in Path(f"/proc/{process}/fd").iterdir()) == _SOCKETS
    except FileNotFoundError:
        return False


def _resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000

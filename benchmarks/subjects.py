"""What is measured: the shop's `list_orders`, requested in each of the ways that are compared, and the engine alone.

Each subject measures one request, and fails where the answer is not the shop's: an error is always fast.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import fastmcp
import grpc
import httpx

from benchmarks.stack import DOCKER_SOCKET, Surroundings
from benchmarks.timing import WrongAnswer, timed, timed_echo
from callgate import AsyncClient, Invocation
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from sandbox.api.spec import RUNNER
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.box_factory import BoxFactory, new_name
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.reaping.place import GatewayPlace

TOOL = "list_orders"
EXPECTED: dict[str, list[object]] = {"orders": []}
FIRST_UID = 200_000  # apart from those of the gateways' boxes


@dataclass(frozen=True, slots=True)
class Call:
    """One call through a gateway, in milliseconds: as its caller measured it, and as its one attempt recorded it."""

    took: float
    attempt: float
    phases: Mapping[str, float]


class TimedEngine(DockerEngine):
    """The engine that boxes are made with. It counts the milliseconds that it takes to create and start them."""

    spent = 0.0

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        with self._counted():
            await super().create(name, config)

    async def start(self, name: str) -> None:
        with self._counted():
            await super().start(name)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        begin = perf_counter()
        yield
        self.spent += 1000 * (perf_counter() - begin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Each client is kept, as a planner would keep it. It connects once, so a plain request finds its connection open."""

    warm_gateway: AsyncClient
    cold_gateway: AsyncClient
    http: httpx.AsyncClient
    echo_channel: grpc.aio.Channel
    mcp: fastmcp.Client[Any]
    engine: TimedEngine
    maker: BoxFactory

    async def warm(self) -> Call:
        return await _call(self.warm_gateway)

    async def cold(self) -> tuple[Call, Call]:
        """Two calls at once to a gateway that keeps one box waiting."""
        return await asyncio.gather(_call(self.cold_gateway), _call(self.cold_gateway))

    async def httpx(self) -> float:
        took, response = await timed(self.http.get("/orders"))
        _check("httpx", response.json())
        return took

    async def grpc_echo(self) -> float:
        return await timed_echo(self.echo_channel, TOOL)

    async def fastmcp(self) -> float:
        took, result = await timed(self.mcp.call_tool(TOOL, {}))
        _check("FastMCP", result.structured_content)
        return took

    async def engine_create_start(self) -> float:
        """Make one box exactly as a gateway does. Returns the milliseconds that the engine's two calls took."""
        box, before = self.maker.design(new_name(), 0, RUNNER), self.engine.spent
        try:
            await self.maker.make(box)
        finally:
            await self.maker.unmake(box)
        return self.engine.spent - before


@asynccontextmanager
async def subjects(around: Surroundings) -> AsyncIterator[Subjects]:
    """All of them, connected."""
    bearer = {"authorization": f"Bearer {around.shop_token}"}
    async with (
        AsyncClient(around.warm, token=around.caller_token) as warm,
        AsyncClient(around.cold, token=around.caller_token) as cold,
        httpx.AsyncClient(base_url=around.shop, headers=bearer) as http,
        connect_aio(Endpoint(around.echo)) as echo,
        fastmcp.Client(around.fastmcp) as mcp,
        _engine() as engine,
    ):
        yield Subjects(
            warm_gateway=warm,
            cold_gateway=cold,
            http=http,
            echo_channel=echo,
            mcp=mcp,
            engine=engine,
            maker=await _maker(engine, around.home / "engine-alone"),
        )


@asynccontextmanager
async def _engine() -> AsyncIterator[TimedEngine]:
    engine = TimedEngine(f"unix://{DOCKER_SOCKET}")
    try:
        yield engine
    finally:
        await engine.close()


async def _maker(engine: TimedEngine, run_dir: Path) -> BoxFactory:
    image, place = await ensure_runner_image(engine), GatewayPlace(run_dir / "bench", FIRST_UID, 1)
    place.directory.mkdir(parents=True)
    return BoxFactory(engine, image.name, place, "bench", registry=MemoryBoxRegistry())


async def _call(client: AsyncClient) -> Call:
    took, invocation = await timed(client.call(TOOL, {}))
    _check("Callgate", invocation.json())
    return _recorded(took, invocation)


def _recorded(took: float, invocation: Invocation) -> Call:
    if len(invocation.attempts) != 1:
        raise WrongAnswer(f"the call took {len(invocation.attempts)} attempts")
    attempt = invocation.attempts[0]
    return Call(took, 1000 * attempt.duration, {phase.name: 1000 * phase.duration for phase in attempt.phases})


def _check(subject: str, answer: object) -> None:
    if answer != EXPECTED:
        raise WrongAnswer(f"{subject} did not give the shop's answer")

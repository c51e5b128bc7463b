"""What a hostile program in a real box may say to the broker, and what becomes of it: one table, spec in, verdict out.

Each group of cases is one job in one box, whose program opens one connection after another and says to the broker what the case
says. A case has passed where the broker's record has its verdict, and the upstream has, or has not, got a byte of it.
"""

import asyncio
import base64
import json
import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sandbox.api.result import OPEN, Completed, Connection
from sandbox.api.spec import BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings
from tests.sandbox.permits import granted

from .egress_cases import CASES, GROUPS, SCRIPT
from .tools import TOOL_LIMITS, tool_job


@dataclass
class Upstream:
    """Takes every connection on loopback, says nothing, and keeps what it gets."""

    content: bytearray = field(default_factory=bytearray)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                self.content += piece
        except ConnectionError:
            pass
        finally:
            writer.close()


@dataclass(frozen=True)
class Seen:
    connection: Connection
    heard: bytes
    arrived: bool


@pytest.fixture(scope="module")
def seen(box_image: str, tool_image: str) -> Iterator[dict[tuple[str, str], Seen]]:
    """Every case of every group, done once."""
    left = {name: list(answers) for name, answers in SCRIPT.items()}

    def answer(name: str, port: int, *_: object, **__: object) -> list[object]:
        answers = left.get(name)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in addresses
        ]

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as directory:
        patch.setattr(socket, "getaddrinfo", answer)
        yield asyncio.run(observe(Path(directory), box_image, tool_image))


async def observe(run_dir: Path, box_image: str, tool_image: str) -> dict[tuple[str, str], Seen]:
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    engine = DockerEngine()
    try:
        async with DockerPool(engine, box_image, run_dir, "egress", PoolSettings(size=0, max_boxes=6)) as pool:
            found = await asyncio.gather(*(attack(pool, tool_image, upstream, name) for name in GROUPS))
    finally:
        await engine.close()
        server.close()
    return {key: value for group in found for key, value in group.items()}


async def attack(pool: DockerPool, tool_image: str, upstream: Upstream, name: str) -> dict[tuple[str, str], Seen]:
    group = GROUPS[name]
    marks = {text: f"<{name}/{number}>".encode() for number, text in enumerate(group.cases)}
    orders = [talk(case.message(upstream.port, marks[text])) for text, case in group.cases.items()]
    async with pool.lease(group.policy(upstream.port), wait=60, spec=BoxSpec(tool_image, limits=TOOL_LIMITS)) as box:
        job = tool_job({"do": "talks", "orders": orders}, way_out=True, timeout=60.0, result_bytes=1_000_000)
        result = await box.run(job, granted)
    assert isinstance(result, Completed), result
    assert result.exit == 0, result.errors
    heard, connections = json.loads(result.output), result.usage.connections
    assert len(heard) == len(connections) == len(orders)
    return {
        (name, text): Seen(connection, base64.b64decode(words["received"]), marks[text] in upstream.content)
        for text, connection, words in zip(group.cases, connections, heard, strict=True)
    }


def talk(message: bytes) -> dict[str, object]:
    said = base64.b64encode(message).decode()
    return {
        "network": "unix",
        "path": "/gate/egress.sock",
        "sends": [{"bytes": said}],
        "half_close": True,
        "milliseconds": 20_000,
    }


@pytest.mark.parametrize(("group", "text"), CASES, ids=[f"{group}: {text}" for group, text in CASES])
def test_a_case_ends_with_its_verdict(seen: dict[tuple[str, str], Seen], group: str, text: str) -> None:
    case, found = GROUPS[group].cases[text], seen[group, text]
    assert re.search(case.verdict, found.connection.verdict), found
    if case.verdict == OPEN:
        assert found.connection.verdict == OPEN
        assert found.arrived
        assert found.connection.bytes_out > 0
    else:
        assert not found.arrived
        assert found.connection.bytes_out == 0
        assert found.heard.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 502 ", b"HTTP/1.1 200 OK\r\n\r\n"))


def test_there_are_as_many_cases_as_were_promised() -> None:
    assert len(CASES) >= 100
    assert len(set(CASES)) == len(CASES)

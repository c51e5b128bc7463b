"""How many connections there may be, and which have to go."""

import asyncio
import ssl
from pathlib import Path

import pytest

from benchmarks.hostile.http2_frames import PREFACE, settings
from gateway.edge.door.certificates import Certificates
from tests.conftest import Authority, Until
from tests.gateway.edge.door.backend import OURS
from tests.gateway.edge.door.conftest import Behind, Open, StartBackend, streamed, unary
from tests.gateway.edge.door.frames import RawClient, asking

UNPROVEN = 512
STRANGERS = "/others.Test"


@pytest.mark.slow
async def test_of_connections_that_asked_for_nothing_the_oldest_gives_way(open_door: Open) -> None:
    behind = await open_door()
    known = streamed(await behind.channel(), "Wait")(b"", timeout=60)
    assert await known.read() == b"begun"
    clients = [await behind.raw() for _ in range(UNPROVEN + 10)]
    for client in clients[:10]:
        assert await client.ends()
    await clients[-1].send(asking(1, f"{OURS}/Echo"))
    await clients[-1].end_of(1)
    assert sum(client.ended for client in clients) == 10
    assert not known.done()


@pytest.mark.slow
async def test_who_was_answered_only_as_strangers_are_gives_way_too(open_door: Open) -> None:
    behind = await open_door()
    client = await behind.raw()
    await client.send(asking(1, f"{STRANGERS}/Echo"))
    await client.end_of(1)
    await asyncio.gather(*[behind.raw() for _ in range(UNPROVEN)])
    assert await client.ends()


@pytest.mark.slow
async def test_who_asks_for_nothing_is_ended_in_time(open_door: Open) -> None:
    behind = await open_door(first_request_within=1.0)
    asks = await behind.raw()
    await asks.send(asking(1, f"{OURS}/Echo"))
    silent, mute = await behind.raw(), await behind.raw(first=b"")
    assert await silent.ends()
    assert await mute.ends()
    await asks.end_of(1)
    assert not asks.ended


async def test_who_does_not_finish_a_handshake_is_ended_in_time(open_door: Open, authority: Authority) -> None:
    certificates = Certificates(authority.directory / "good.pem", authority.directory / "good.key")
    behind = await open_door(certificates=certificates, first_request_within=0.5)
    assert await (await behind.raw(first=b"\x16\x03\x01")).ends()


@pytest.mark.slow
async def test_a_thousand_clients_that_come_at_once_are_all_answered(open_door: Open, start_backend: StartBackend) -> None:
    """As after a restart: none has to give way to the next, for which there is room in a moment."""
    behind = await open_door(backend=False, moment=30.0)
    await start_backend(behind.door.gateway)
    written = PREFACE + settings() + asking(1, f"{OURS}/Echo", b"here")

    async def come() -> bool:
        client = await behind.raw(first=written)
        return await client.settled(1)

    answered = await asyncio.gather(*[come() for _ in range(1000)])
    assert all(answered)


@pytest.mark.slow
async def test_thousands_of_hostile_connections_leave_nothing_behind(open_door: Open, until: Until) -> None:
    behind = await open_door()
    rounds = [hostile_round(behind) for _ in range(5)]
    await rounds[0]
    await until(lambda: descriptors(behind) < 150)
    before = resident(behind)
    for each in rounds[1:]:
        await each
    await until(lambda: descriptors(behind) < 150)
    assert resident(behind) < before + 30_000
    assert await unary(await behind.channel(), "Echo")(b"1", timeout=60) == b"1"


async def hostile_round(behind: Behind) -> None:
    """A thousand, each with streams that it begins and leaves."""
    written = PREFACE + settings() + b"".join(asking(number, f"{OURS}/Wait") for number in range(1, 9, 2))
    for _ in range(10):
        clients = await asyncio.gather(*[RawClient.open(behind.port, written) for _ in range(100)])
        for client in clients:
            client.close()


def descriptors(behind: Behind) -> int:
    return len(list(Path(f"/proc/{behind.door.pid}/fd").iterdir()))


def resident(behind: Behind) -> int:
    """Kilobytes."""
    lines = Path(f"/proc/{behind.door.pid}/status").read_text().splitlines()
    [found] = [line for line in lines if line.startswith("VmRSS")]
    return int(found.split()[1])


@pytest.mark.slow
async def test_the_oldest_gives_way_with_tls_too(open_door: Open, authority: Authority) -> None:
    certificates = Certificates(authority.directory / "good.pem", authority.directory / "good.key")
    behind = await open_door(certificates=certificates)
    context = ssl.create_default_context(cafile=str(authority.bundle))
    context.set_alpn_protocols(["h2"])
    ways = [await asyncio.open_connection("127.0.0.1", behind.port, ssl=context) for _ in range(UNPROVEN + 5)]
    async with asyncio.timeout(10):
        while await ways[0][0].read(1 << 16):  # what it is told before the end
            pass
    for _, writer in ways:
        writer.close()
    await asyncio.gather(*[writer.wait_closed() for _, writer in ways], return_exceptions=True)

"""The door as a process: it is there while the gateway is, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

import grpc
import pytest
from structlog.testing import capture_logs

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.door import PROGRAM, Door
from gateway.edge.door.kept_process import DoorFailed
from gateway.edge.door.listening import listen_on
from tests.conftest import Authority, Until, port_is_open
from tests.gateway.edge.door.backend import OURS
from tests.gateway.edge.door.conftest import Behind, Open, streamed, unary
from tests.gateway.edge.door.frames import asking

FreePort = Callable[[], int]

#: A gateway's part: it opens a door, says where that is, and waits to be killed.
GATEWAY = """
import asyncio, sys
from gateway.edge.door.door import Door

async def main() -> None:
    door = Door(sys.argv[1])
    await door.open()
    print(door.pid, door.directory, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_door_that_is_killed_is_started_again_on_the_same_port(open_door: Open, until: Until) -> None:
    behind = await open_door()
    channel = await behind.channel()
    stream = streamed(channel, "Wait")(b"", timeout=60)
    assert await stream.read() == b"begun"
    first = behind.door.pid or 0
    with capture_logs() as logs:
        os.kill(first, signal.SIGKILL)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        await answered_again(channel)
    assert behind.door.pid != first
    assert [log["event"] for log in logs] == ["door_ended"]


async def answered_again(channel: grpc.aio.Channel) -> None:
    """A call that is written to the connection while that ends is lost: its caller asks again."""
    async with asyncio.timeout(30):
        while True:
            with suppress(grpc.aio.AioRpcError):
                assert await unary(channel, "Echo")(b"again", timeout=10, wait_for_ready=True) == b"again"
                return


async def test_a_client_that_comes_while_there_is_no_door_waits_for_the_next(open_door: Open) -> None:
    behind = await open_door()
    os.kill(behind.door.pid or 0, signal.SIGKILL)
    assert await unary(await behind.channel(), "Echo")(b"here", timeout=60, wait_for_ready=True) == b"here"


@pytest.mark.slow
async def test_a_program_that_is_gone_is_told_and_tried_again(open_door: Open, tmp_path: Path, until: Until) -> None:
    program = tmp_path / "door"
    shutil.copy(PROGRAM, program)
    behind = await open_door(program=program)
    program.rename(tmp_path / "moved")
    with capture_logs() as logs:
        os.kill(behind.door.pid or 0, signal.SIGKILL)
        await until(lambda: len(logs) > 2)
        assert [log["event"] for log in logs][:3] == ["door_ended", "door_not_started", "door_not_started"]
        (tmp_path / "moved").rename(program)
        assert await unary(await behind.channel(), "Echo")(b"here", timeout=60, wait_for_ready=True) == b"here"


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), ("#!/bin/sh\nexit 3\n", "ended with code 3")])
async def test_a_program_that_does_not_run_is_an_error_at_the_start(
    tmp_path: Path, free_port: FreePort, content: str | None, reason: str
) -> None:
    program, port = tmp_path / "door", free_port()
    if content:
        program.write_text(content)
        program.chmod(0o755)
    door = Door(f"127.0.0.1:{port}", program=program)
    with pytest.raises((OSError, DoorFailed), match=reason):
        await door.open()
    await door.close(0)
    assert not door.directory.exists()
    assert not port_is_open(port)


async def test_a_door_that_is_closed_while_it_starts_again_leaves_no_process(
    tmp_path: Path, free_port: FreePort, until: Until
) -> None:
    """The second start never says that it is ready."""
    program = tmp_path / "door"
    pids = tmp_path / "pids"
    program.write_text(f"#!/bin/sh\necho $$ >>{pids}\n[ -e {tmp_path}/again ] || echo ready\nexec sleep 60\n")
    program.chmod(0o755)
    door = Door(f"127.0.0.1:{free_port()}", program=program)
    await door.open()
    (tmp_path / "again").touch()
    os.kill(door.pid or 0, signal.SIGKILL)
    await until(lambda: len(pids.read_text().split()) == 2)
    await door.close(0)
    assert not any(is_running(int(pid)) for pid in pids.read_text().split())


@pytest.fixture
async def gateway(free_port: FreePort) -> AsyncIterator[tuple[asyncio.subprocess.Process, int, int, Path]]:
    """A process with a door: its port, the door's id and directory."""
    port = free_port()
    command = (sys.executable, "-c", GATEWAY, f"127.0.0.1:{port}")
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout
    pid, directory = (await process.stdout.readline()).decode().split()
    yield process, port, int(pid), Path(directory)
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_a_gateway_that_is_killed_takes_its_door_along(
    gateway: tuple[asyncio.subprocess.Process, int, int, Path], until: Until
) -> None:
    process, port, pid, directory = gateway
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    process.kill()
    await until(lambda: not is_running(pid) and not directory.exists(), 5)
    assert not await reader.read()
    writer.close()
    [again] = await listen_on(f"127.0.0.1:{port}")
    again.close()


async def test_the_next_gateway_has_the_port_at_once(gateway: tuple[asyncio.subprocess.Process, int, int, Path]) -> None:
    process, port, *_ = gateway
    process.kill()
    await process.wait()
    [again] = await listen_on(f"127.0.0.1:{port}")
    again.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP, signal.SIGPIPE])
async def test_signals_that_are_not_for_it_do_not_end_it(open_door: Open, number: signal.Signals) -> None:
    behind = await open_door()
    channel, pid = await behind.channel(), behind.door.pid or 0
    for _ in range(5):
        os.kill(pid, number)
        assert await unary(channel, "Echo")(b"here", timeout=60) == b"here"
    assert behind.door.pid == pid


@pytest.mark.slow
async def test_a_certificate_may_be_renewed_as_soon_as_the_door_is_open(authority: Authority, free_port: FreePort) -> None:
    """The signal may come before the program has said much more than that it is there."""
    certificates = Certificates(authority.directory / "good.pem", authority.directory / "good.key")
    for _ in range(10):
        door = Door(f"127.0.0.1:{free_port()}", certificates)
        with capture_logs() as logs:
            await door.open()
            door.reload()
            pid = door.pid
            _, writer = await asyncio.open_connection("127.0.0.1", int(door.listen.rpartition(":")[2]))
            writer.close()
            await door.close(1)
        assert door.pid == pid
        assert [log["event"] for log in logs] == ["certificate_read"]


async def test_a_log_that_is_read_no_more_does_not_end_the_door(free_port: FreePort, tmp_path: Path, until: Until) -> None:
    program = tmp_path / "door"
    program.write_text(f'#!/bin/sh\nexec {PROGRAM} "$@" 2>{tmp_path}/log\n')
    program.chmod(0o755)
    os.mkfifo(tmp_path / "log")
    reading = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK)
    door = Door(f"127.0.0.1:{free_port()}", program=program)
    await door.open()
    os.close(reading)
    pid = door.pid or 0
    reader, writer = await asyncio.open_connection("127.0.0.1", int(door.listen.rpartition(":")[2]))
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\xee\x00\x00\x00\x00\x00" * 5000)
    with suppress(ConnectionError):
        while await reader.read(1 << 16):
            pass
    writer.close()
    assert is_running(pid)
    await door.close(0)


async def test_closing_lets_streams_end_that_end_in_time(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    calls = [unary(channel, "TakeTime")(b"0.5", timeout=60) for _ in range(50)]
    await unary(channel, "Echo")(b"", timeout=60)
    await behind.door.close(10)
    assert set(await asyncio.gather(*calls)) == {b"0.5"}


async def test_closing_takes_no_longer_than_its_grace(open_door: Open) -> None:
    behind = await open_door()
    stream = streamed(await behind.channel(), "Wait")(b"", timeout=60)
    assert await stream.read() == b"begun"
    begun = monotonic()
    await behind.door.close(0.3)
    assert 0.3 <= monotonic() - begun < 5
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_client_that_takes_nothing_does_not_hold_up_the_end(open_door: Open) -> None:
    behind = await open_door()
    client = await behind.raw()
    await client.send(b"".join(asking(number, f"{OURS}/Pour", b"100 1000000") for number in range(1, 41, 2)))
    begun = monotonic()
    await behind.door.close(0.3)
    assert monotonic() - begun < 5


async def test_a_door_that_is_closed_leaves_nothing_behind(open_door: Open, run_dir: Path) -> None:
    for listen in ("", f"unix:{run_dir}/door.sock"):
        behind = await open_door(listen=listen)
        channel = await behind.channel()
        assert await unary(channel, "Echo")(b"here", timeout=60) == b"here"
        pid = behind.door.pid or 0
        await behind.door.close(1)
        assert not is_running(pid)
        assert not behind.door.directory.exists()
        assert not reachable(behind)
    assert not list(run_dir.iterdir())


def reachable(behind: Behind) -> bool:
    listen = behind.door.listen
    if listen.startswith("unix:"):
        return Path(listen.removeprefix("unix:")).exists()
    return port_is_open(behind.port)


async def test_only_the_gateways_user_reaches_its_socket(open_door: Open) -> None:
    behind = await open_door()
    assert behind.door.directory.stat().st_mode & 0o777 == 0o700


async def test_a_client_of_a_unix_socket_has_a_peer_too(open_door: Open, run_dir: Path) -> None:
    behind = await open_door(listen=f"unix:{run_dir}/door.sock")
    assert await unary(await behind.channel(), "TellPeer")(b"", timeout=60) == b"unix:;unix:"


async def test_a_door_with_few_descriptors_goes_on_when_there_are_some_again(
    tmp_path: Path, open_door: Open, until: Until
) -> None:
    program = tmp_path / "door"
    program.write_text(f'#!/bin/sh\nulimit -n 60\nexec {PROGRAM} "$@"\n')
    program.chmod(0o755)
    behind = await open_door(program=program)
    channel = await behind.channel()
    assert await unary(channel, "Echo")(b"before", timeout=60) == b"before"
    clients = [socket.create_connection(("127.0.0.1", behind.port)) for _ in range(100)]
    assert await unary(channel, "Echo")(b"meanwhile", timeout=60) == b"meanwhile"
    for client in clients:
        client.close()
    assert await unary(await behind.channel(), "Echo")(b"after", timeout=60, wait_for_ready=True) == b"after"

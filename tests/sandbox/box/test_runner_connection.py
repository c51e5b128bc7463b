"""The connection to a runner, over a real socket pair: what comes over it, in which pieces, and what ends it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from sandbox.box.frames import FrameKind, ProtocolViolation, encode
from sandbox.box.runner_connection import RunnerConnection

MANY = 100

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    theirs.close()


@pytest.fixture
def theirs(ends: tuple[socket.socket, socket.socket]) -> socket.socket:
    """The runner's end."""
    return ends[1]


@pytest.fixture
async def line(ends: tuple[socket.socket, socket.socket]) -> AsyncIterator[RunnerConnection]:
    """The gateway's end."""
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(lambda: RunnerConnection(lambda _: None), sock=ends[0])
    yield line
    line.close()


async def test_a_frame_in_single_bytes_is_one_frame(line: RunnerConnection, theirs: socket.socket) -> None:
    for byte in encode(FrameKind.BODY, b"content"):
        theirs.send(bytes([byte]))
        await asyncio.sleep(0)
    assert await line.receive() == (FrameKind.BODY, b"content")


async def test_more_frames_than_are_read_ahead_all_come_in_their_order_and_then_the_end(
    line: RunnerConnection, theirs: socket.socket
) -> None:
    for number in range(MANY):
        theirs.sendall(encode(FrameKind.BODY, b"%d" % number))
    theirs.shutdown(socket.SHUT_WR)
    assert [(await line.receive())[1] for _ in range(MANY)] == [b"%d" % number for number in range(MANY)]
    with pytest.raises(EOFError):
        await line.receive()
    assert line.ended


async def test_what_came_before_nonsense_is_heard_first(line: RunnerConnection, theirs: socket.socket) -> None:
    theirs.sendall(encode(FrameKind.READY) + b"?\0\0\0\0")
    assert await line.receive() == (FrameKind.READY, b"")
    with pytest.raises(ProtocolViolation):
        await line.receive()


async def test_a_waiting_reader_hears_of_the_end_and_so_does_a_listener(line: RunnerConnection, theirs: socket.socket) -> None:
    told = asyncio.Event()
    line.on_end(told.set)
    waiting = asyncio.create_task(line.receive())
    await asyncio.sleep(0)
    theirs.close()
    with pytest.raises(EOFError):
        await waiting
    await told.wait()
    with pytest.raises(ConnectionError):
        await line.send(encode(FrameKind.NO))


async def test_a_box_that_does_not_read_holds_up_the_sender(line: RunnerConnection, theirs: socket.socket) -> None:
    sending = asyncio.create_task(line.send(b"x" * (8 << 20)))
    await asyncio.sleep(0)
    assert not sending.done()
    theirs.close()
    with pytest.raises(ConnectionError):
        await sending

"""The line to a runner, over a real socket pair: what comes over it, in which pieces and whatever ends it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from sandbox.box.frames import FrameKind, ProtocolViolation, encode
from sandbox.box.runner_connection import RunnerConnection

MANY = 100


def with_line(scenario: Callable[[RunnerConnection, socket.socket], Awaitable[None]]) -> None:
    async def body() -> None:
        ours, theirs = socket.socketpair()
        _, line = await asyncio.get_running_loop().create_connection(lambda: RunnerConnection(lambda _: None), sock=ours)
        try:
            async with asyncio.timeout(10):
                await scenario(line, theirs)
        finally:
            line.close()
            theirs.close()

    asyncio.run(body())


def test_a_frame_in_single_bytes_is_one_frame() -> None:
    async def scenario(line: RunnerConnection, theirs: socket.socket) -> None:
        for byte in encode(FrameKind.BODY, b"content"):
            theirs.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await line.receive() == (FrameKind.BODY, b"content")

    with_line(scenario)


def test_more_frames_than_are_read_ahead_all_come_in_their_order_and_then_the_end() -> None:
    async def scenario(line: RunnerConnection, theirs: socket.socket) -> None:
        for number in range(MANY):
            theirs.sendall(encode(FrameKind.BODY, b"%d" % number))
        theirs.shutdown(socket.SHUT_WR)
        assert [(await line.receive())[1] for _ in range(MANY)] == [b"%d" % number for number in range(MANY)]
        with pytest.raises(EOFError):
            await line.receive()
        assert line.ended

    with_line(scenario)


def test_what_came_before_nonsense_is_heard_first() -> None:
    async def scenario(line: RunnerConnection, theirs: socket.socket) -> None:
        theirs.sendall(encode(FrameKind.READY) + b"?\0\0\0\0")
        assert await line.receive() == (FrameKind.READY, b"")
        with pytest.raises(ProtocolViolation):
            await line.receive()

    with_line(scenario)


def test_who_waits_for_a_frame_hears_of_the_end_and_so_does_who_asked_to() -> None:
    async def scenario(line: RunnerConnection, theirs: socket.socket) -> None:
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

    with_line(scenario)


def test_a_box_that_does_not_read_holds_up_who_sends_to_it() -> None:
    async def scenario(line: RunnerConnection, theirs: socket.socket) -> None:
        sending = asyncio.create_task(line.send(b"x" * (8 << 20)))
        await asyncio.sleep(0)
        assert not sending.done()
        theirs.close()
        with pytest.raises(ConnectionError):
            await sending

    with_line(scenario)

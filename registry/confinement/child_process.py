"""A process that this one starts, and speaks to over its standard input and output: one socket, both ways.

asyncio's own way is not taken. uvloop forks, and between fork and exec the child runs what libraries have registered for forks:
OpenTelemetry starts a thread there. A child in which another thread held a lock at that moment waits for it for ever, with all
that was open in its parent, such as the sockets that a gateway listens on. `subprocess` calls vfork(2) and runs nothing.
"""

import asyncio
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import Popen


class ChildProcess:
    """`reader` has its output, `writer` goes to its input: `write_eof` ends that."""

    def __init__(self, process: "Popen[bytes]", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self.reader = reader
        self.writer = writer

    @classmethod
    async def start(
        cls,
        *command: str | Path,
        environment: Mapping[str, str] | None = None,
        silent: bool = False,
        keep: Sequence[int] = (),
    ) -> "ChildProcess":
        """In a session of its own. `silent`: what it writes to its error output is lost. `keep`: descriptors that it inherits.

        Raises OSError.
        """
        ours, theirs = socket.socketpair()
        with ExitStack() as given_up:
            given_up.callback(ours.close)
            with theirs:
                process = _started(command, theirs, environment, silent=silent, keep=keep)
            given_up.callback(process.wait)
            given_up.callback(process.kill)
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            given_up.pop_all()
        return cls(process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send_signal(self, number: int) -> None:
        """Nothing happens where it has ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()

    async def wait(self) -> int:
        """The exit code once it has ended: a signal's number, negative, where that has ended it.

        What it wrote last, and was not read by then, is lost.
        """
        if self.alive:
            await until_ended(self.pid)
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()
        return self._process.wait()

    async def end(self) -> int:
        """End it at once, also where we are cancelled meanwhile. Repeating it changes nothing."""
        self.kill()
        try:
            return await self.wait()
        finally:
            self.writer.close()
            self._process.wait()


async def until_ended(pid: int) -> None:
    """Return once a child of this process has ended. Its exit code is still to be fetched."""
    ended, descriptor = asyncio.Event(), os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


def _started(
    command: Sequence[str | Path],
    end: socket.socket,
    environment: Mapping[str, str] | None,
    *,
    silent: bool,
    keep: Sequence[int],
) -> "Popen[bytes]":
    """It takes a millisecond: until the child is another program."""
    return Popen(  # noqa: S603 - the programs are our own
        command,
        stdin=end.fileno(),
        stdout=end.fileno(),
        stderr=subprocess.DEVNULL if silent else None,
        env=environment,
        pass_fds=keep,
        start_new_session=True,
    )

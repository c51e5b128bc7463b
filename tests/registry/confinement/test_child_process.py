"""A process that is spoken to over one socket, and started without what libraries do at a fork."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop

from registry.confinement.child_process import ChildProcess

ECHO = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data); sys.exit(7)"
#: A library that starts a thread in each forked child, as OpenTelemetry does, and says so.
AT_FORK = """
import asyncio, os, sys, uvloop
os.register_at_fork(after_in_child=lambda: os.write(2, b"forked"))
from registry.confinement.child_process import ChildProcess

async def main():
    child = await ChildProcess.start(sys.executable, "-c", "")
    print(await child.wait())

uvloop.run(main())
"""


async def start(program: str) -> ChildProcess:
    return await ChildProcess.start(sys.executable, "-c", program)


async def test_what_is_written_is_answered_and_the_exit_code_is_told() -> None:
    child = await start(ECHO)
    child.writer.write(b"x" * 1_000_000)
    child.writer.write_eof()
    assert await child.reader.read() == b"x" * 1_000_000
    assert await child.wait() == 7
    assert await child.wait() == 7
    assert not child.alive


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_it_is_ended_at_once_and_leaves_nothing_open(run: Callable[[Coroutine[object, object, None]], None]) -> None:
    async def ends() -> None:
        await (await start("")).wait()  # the loop has opened what it needs for that
        before = os.listdir("/proc/self/fd")
        child = await start("import time; time.sleep(60)")
        assert child.alive
        assert await child.end() == -signal.SIGKILL
        assert await child.end() == -signal.SIGKILL
        assert len(os.listdir("/proc/self/fd")) == len(before)
        child.send_signal(signal.SIGTERM)

    run(ends())


async def test_it_is_ended_though_who_ends_it_is_cancelled() -> None:
    child = await start("import time; time.sleep(60)")
    ending = asyncio.create_task(child.end())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait({ending})
    assert not Path(f"/proc/{child.pid}").exists()


async def test_a_program_that_is_not_there_leaves_nothing_open() -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        await ChildProcess.start("/nonexistent/program")
    assert len(os.listdir("/proc/self/fd")) == len(before)


async def test_a_child_inherits_what_is_kept_for_it_and_nothing_else() -> None:
    with socket.socket() as kept, socket.socket() as other:
        program = (
            f"import os; print(sorted(set(map(int, os.listdir('/proc/self/fd'))) & {{{kept.fileno()}, {other.fileno()}}}))"
        )
        child = await ChildProcess.start(sys.executable, "-c", program, keep=[kept.fileno()])
        assert (await child.reader.read()).decode().strip() == f"[{kept.fileno()}]"
        await child.wait()


async def test_under_uvloop_nothing_runs_between_fork_and_exec() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AT_FORK, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, errors = await process.communicate()
    assert (told, errors) == (b"0\n", b"")

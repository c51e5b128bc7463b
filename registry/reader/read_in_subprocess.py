"""Bytes → drafts, in a process of their own: no document can end the gateway, or delay other calls.

What a document may cost depends on its size. One up to a megabyte gets 2 s of work and 512 MB, ten times what honest documents
of that size need: one that needs more is an attack, or a mistake. Larger documents get more, in proportion, because honest ones
need it: GitHub's 13 MB take 0.7 s and 180 MB, and YAML takes some twenty times as long as JSON.
"""

import asyncio
import os
import signal
import sys
from dataclasses import asdict, dataclass
from itertools import count

from registry.confinement.child_process import ChildProcess
from registry.confinement.frames import LENGTH
from registry.manifest.toolset import Compiled, Progress, ToolsetHeader
from registry.model.errors import DocumentTooCostly, ReaderFailed
from registry.model.json_limits import require_size
from registry.reader.frames import Unpacking, frame_length, pack_job, read_frame

_MB = 1_000_000
#: Frames that are taken without a turn of the event loop: each is a tool or a fault.
AT_ONCE = 50
#: What a document with overlays may cost, against one without.
_OVERLAID = 2
_INHERITED = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading one document may cost: seconds of work, bytes of memory, and seconds until it must be done."""

    cpu_seconds: float
    memory_bytes: int
    wall_seconds: float


def bounds_for(size: int, *, overlaid: bool = False) -> Bounds:
    """The bounds for a document of `size` bytes. `overlaid`: each action of an overlay may look at all of its values."""
    beyond = max(0.0, size / _MB - 1)
    cpu = (2.0 + 1.0 * beyond) * (_OVERLAID if overlaid else 1)
    return Bounds(cpu, 512 * _MB + int(40 * _MB * max(0.0, beyond - 7)), 30.0 + 10 * cpu)


async def compile_toolset(
    raw: bytes, header: ToolsetHeader, *, bounds: Bounds | None = None, progress: Progress | None = None
) -> Compiled:
    """Every operation of the document, as a draft or a fault. `progress` is called at most ten times a second, and at the end.

    Cancelled, it ends the process that reads. Raises DocumentInvalid, DocumentTooLarge, DocumentTooCostly over a bound of
    `bounds` (by default those for its size), and ReaderFailed where the process that reads ended without a result.
    """
    require_size(raw)
    bounds = bounds or bounds_for(len(raw), overlaid=bool(header.overlays))
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    command = sys.executable, "-P", "-m", "registry.reader.worker"
    process = await ChildProcess.start(*command, environment=environment, silent=True)
    try:
        async with asyncio.timeout(bounds.wall_seconds):
            job = await asyncio.to_thread(pack_job, raw, header, asdict(bounds))  # a header may have a manifest of a megabyte
            return await _converse(process, job, progress)
    except TimeoutError:
        raise DocumentTooCostly(f"the document was not read within {bounds.wall_seconds:.0f} s") from None
    finally:
        await process.end()


async def _converse(process: ChildProcess, job: bytes, progress: Progress | None) -> Compiled:
    unpacking = Unpacking()
    try:
        process.writer.write(job)
        await process.writer.drain()
        process.writer.write_eof()
        for number in count(1):
            length = frame_length(await process.reader.readexactly(LENGTH.size))
            frame = read_frame(await process.reader.readexactly(length))
            if progress is not None and "progress" in frame:
                progress(*frame["progress"])
            unpacking.take(frame)
            if unpacking.complete:
                break
            if number % AT_ONCE == 0:  # to read what has arrived already is no wait, and others have their turn
                await asyncio.sleep(0)
    # RuntimeError: from uvloop, for a process that reads no more.
    except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
        raise _cause_of_death(await process.wait()) from None
    return unpacking.result()


def _cause_of_death(code: int) -> DocumentTooCostly | ReaderFailed:
    if -code in (signal.SIGPROF, signal.SIGXCPU):
        return DocumentTooCostly("reading the document takes more work than it may")
    if -code in (signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV):  # by the kernel, or in a library that gets no memory
        return DocumentTooCostly("reading the document takes more memory than it may, or crashes the process that reads it")
    return ReaderFailed(f"the process that reads the document ended with {code}")

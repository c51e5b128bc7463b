"""The process that reads one document: `python -m registry.reader.worker`, a job on stdin, frames on stdout.

The document is untrusted. So this process has nothing that an attacker could use: no environment, no file and no connection
that it could open, a limit on memory, and one on work, at which the kernel ends it. All modules are imported before the limits
hold, since no file can be opened afterwards.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace

from registry.compiler.compiler import compile_document
from registry.confinement.frames import write_frame
from registry.confinement.process_bounds import enter_bounds, work_at_most
from registry.document.loading import read
from registry.manifest.toolset import Compiled, Progress, ToolsetHeader
from registry.model.errors import DocumentTooCostly, DocumentTooLarge, RegistryError
from registry.reader.frames import pack, pack_error, unpack_job

#: A person reads no faster, and a frame for each operation would cost more than the operation.
PROGRESS_SECONDS = 0.1

#: Calls come first: an import has minutes, and a call has seconds.
NICENESS = 10


def main() -> None:
    raw, header, bounds = unpack_job(sys.stdin.buffer.read())
    enter_bounds(bounds["memory_bytes"], nice=NICENESS)
    work_at_most(bounds["cpu_seconds"])
    out = sys.stdout.buffer
    try:
        for frame in pack(_compile(raw, header, paced(_tell))):
            write_frame(out, frame)
    except RegistryError as error:
        write_frame(out, pack_error(error))
    out.flush()


def paced(tell: Progress, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A Progress that calls `tell` at most once in PROGRESS_SECONDS, and at the end."""
    due = clock()

    def progress(done: int, total: int, faults: int) -> None:
        nonlocal due
        if (now := clock()) >= due or done == total:
            due = now + PROGRESS_SECONDS
            tell(done, total, faults)

    return progress


def _tell(done: int, total: int, faults: int) -> None:
    write_frame(sys.stdout.buffer, {"progress": [done, total, faults]})
    sys.stdout.buffer.flush()  # else progress would wait in the buffer and come with the result


def _compile(raw: bytes, header: ToolsetHeader, progress: Progress) -> Compiled:
    try:
        reading = read(raw, header.overlays)
        already = len(reading.faults)
        compiled = compile_document(reading.document, header, lambda done, of, faults: progress(done, of, already + faults))
        return replace(compiled, faults=reading.faults + compiled.faults, document=reading.digest)
    except MemoryError:
        raise DocumentTooCostly("reading the document takes more memory than it may") from None
    except RecursionError:
        raise DocumentTooLarge("the document is nested too deep") from None


if __name__ == "__main__":
    main()

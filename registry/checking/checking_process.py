"""One process of `registry.checking.worker`, as the gateway speaks to it. It serves one job at a time."""

import asyncio
import os
import signal
import sys
from typing import Any, NamedTuple

import orjson

from registry.checking.view_work import SeenAnswer
from registry.confinement.child_process import ChildProcess
from registry.confinement.frames import LENGTH, framed
from registry.model.errors import Violation
from registry.model.tool import JsonObject

_INHERITED = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")

#: How a process ends that a job has brought to a bound: of work, or of memory, where a library gets none.
BY_BOUNDS = frozenset({signal.SIGPROF, signal.SIGABRT, signal.SIGSEGV})

#: Seconds after which a job counts as stuck. Its work is bounded by the kernel; a loaded machine may make it wait.
PATIENCE = 5.0


class CheckJob(NamedTuple):
    """An instance, a JSON text, to be held against a schema. `name`: the same for the same schema.

    `strictly`: it is read as arguments are. Then it is told why it does not fit, or how it is written canonically, and what it
    means that does not fit as it is (`registry.schema.meant`, which has `nulls_count`).
    `strict_formats`: as for `Check`, and the same for the same name.
    """

    name: str
    schema: JsonObject
    instance: bytes
    strictly: bool = False
    strict_formats: bool = False
    nulls_count: tuple[str, ...] = ()

    async def done_by(self, process: "CheckingProcess", cpu_seconds: float) -> "CheckResult":
        return await process.do(self, cpu_seconds)


class CheckResult(NamedTuple):
    """Whether an instance fits. None: it is nested too deep to tell, or it would take more work than one may.

    `violations`: what was found out of why it does not, in the time that there is. `canonical`: of what fits, where it was read
    strictly. `meant`: what fits, where that is not the instance as it is, whose canonical form is `said` then.
    """

    fits: bool | None
    violations: tuple[Violation, ...] = ()
    canonical: bytes = b""
    meant: bytes = b""
    said: bytes = b""


class ViewJob(NamedTuple):
    """An answer, a JSON text, and what a view makes of it: see `registry.checking.view_work`."""

    projection: str
    most: int
    answer: bytes

    async def done_by(self, process: "CheckingProcess", cpu_seconds: float) -> SeenAnswer | None:
        """None where it would take more work than one may."""
        return await process.see(self, cpu_seconds)


class ProcessLost(Exception):
    """It has ended for no reason of the job's: a person has killed it, or the host lacks memory. Another one may do it."""


class CheckingProcess:
    def __init__(self, process: ChildProcess) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> "CheckingProcess":
        """Raises OSError."""
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        command = sys.executable, "-P", "-m", "registry.checking.worker"
        return cls(await ChildProcess.start(*command, environment=environment, silent=True))

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.alive

    async def do(self, job: CheckJob, cpu_seconds: float) -> CheckResult:
        """Raises ProcessLost."""
        found = CheckResult(None)
        try:
            async with asyncio.timeout(PATIENCE):
                found = CheckResult(await self._fits(job, cpu_seconds))
                if job.strictly and found.fits:
                    canonical, meant, said = await self._frame(), await self._frame(), await self._frame()
                    found = found._replace(canonical=canonical, meant=meant, said=said)
                for _ in range(2 if job.strictly and found.fits is False else 0):
                    told = orjson.loads(await self._frame())["violations"]
                    found = CheckResult(False, tuple(Violation(pointer, expected) for pointer, expected in told))
        except TimeoutError:
            await self.end()
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):  # RuntimeError: from uvloop, for a closed pipe
            code = await self._process.wait()
            if found.fits is None and -code not in BY_BOUNDS:  # else what was told before holds
                raise ProcessLost from None
        # What fits was to be written canonically, too. Without that, it was too much work.
        return CheckResult(None) if job.strictly and found.fits and not found.canonical else found

    async def see(self, job: ViewJob, cpu_seconds: float) -> SeenAnswer | None:
        """What the view makes of the answer. Raises ProcessLost."""
        try:
            async with asyncio.timeout(PATIENCE):
                head = await self._ask({"view": [job.projection, job.most], "cpu_seconds": cpu_seconds}, job.answer)
                return SeenAnswer(head, await self._frame(), await self._frame())
        except TimeoutError:
            await self.end()
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError):
            if -await self._process.wait() not in BY_BOUNDS:
                raise ProcessLost from None
        return None

    async def end(self) -> None:
        await self._process.end()

    async def _fits(self, job: CheckJob, cpu_seconds: float) -> bool | None:
        head = {"check": job.name, "strictly": job.strictly, "cpu_seconds": cpu_seconds, "nulls_count": job.nulls_count}
        answer = await self._ask(head, job.instance)
        if "unknown" in answer:
            answer = await self._ask(head | {"schema": job.schema, "strict_formats": job.strict_formats}, job.instance)
        fits: bool | None = answer["fits"]
        return fits

    async def _ask(self, head: JsonObject, instance: bytes) -> Any:
        stdin = self._process.writer
        stdin.writelines((framed(head), LENGTH.pack(len(instance)), instance))
        await stdin.drain()
        return orjson.loads(await self._frame())

    async def _frame(self) -> bytes:
        head = await self._process.reader.readexactly(LENGTH.size)
        return await self._process.reader.readexactly(LENGTH.unpack(head)[0])

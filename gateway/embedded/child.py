"""A process of ours: it logs to its own file, is stopped by its own pid, and cannot outlive us."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from gateway.embedded import tether
from gateway.embedded.errors import PartFailed
from registry.confinement.child_process import until_ended

_POLL = 0.02
_TAIL_BYTES = 2000


class Child:
    """Start it from the main thread: the kernel ends it when the *thread* that started it ends."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        orphan_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        """`command[0]` is an absolute path. Without an `environment` it has PATH only. `orphan_signal` comes should we die."""
        self.name = name
        self._log = log
        arguments = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(int(orphan_signal)), *map(str, command)]
        with log.open("ab") as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the programs are the operator's own
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else {"PATH": os.environ.get("PATH", os.defpath)},
                start_new_session=True,  # Ctrl-C is for us: we stop the parts in order
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        if self.alive:
            await until_ended(self.pid)
        return self._process.wait()

    async def wait_ready(self, condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Return once the condition holds. Raises PartFailed where the process ends first, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not await condition():
            if not self.alive:
                raise self.failure(f"{self.name} ended with code {self._process.returncode} before it was ready")
            if time.monotonic() > deadline:
                raise self.failure(f"{self.name} was not ready within {seconds:g} s")
            await asyncio.sleep(_POLL)

    def kill(self) -> None:
        """End it at once, also where it is stopped."""
        self._process.kill()

    async def stop(self, grace: float = 5.0) -> None:
        """Ask it to end, and end it after `grace` seconds, or at once if we are cancelled. Repeating it changes nothing."""
        try:
            if self.alive:
                self._process.terminate()
                async with asyncio.timeout(grace):
                    await self.wait()
        except TimeoutError:
            pass
        finally:
            self._process.kill()
            self._process.wait()

    def failure(self, message: str) -> PartFailed:
        with self._log.open("rb") as log:
            log.seek(max(self._log_start, self._log.stat().st_size - _TAIL_BYTES))
            tail = log.read().decode(errors="replace").strip()
        return PartFailed(f"{message}; its log ends with:\n{tail}", cure=f"Read {self._log}, and check with `callgate doctor`.")

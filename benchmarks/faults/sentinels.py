"""Three Sentinels that watch a replicated store, and promote its replica when its primary dies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from benchmarks.faults.ports import lasting_port
from benchmarks.faults.store_server import StoreServer, store_program
from benchmarks.faults.waiting import require
from gateway.embedded.child import Child
from gateway.embedded.ports import LOOPBACK

#: The name under which they know the store.
NAME = "cg"
_NUMBER, _QUORUM = 3, 2
#: Milliseconds. A switch breaks the Sentinels' own connections: with 1,000 they took the new primary for dead, now and then.
_DOWN_AFTER = 3000
_READY_WITHIN = 30.0
#: Seconds until they know the replica and each other, who ask every 10 s; and until they have switched.
_KNOWN_WITHIN, _SWITCHED_WITHIN = 60.0, 90.0


class Sentinels:
    """A promoter; see `replicated_store.Promoter`."""

    def __init__(self, home: Path, password: str) -> None:
        home.mkdir()
        self.ports = tuple(lasting_port() for _ in range(_NUMBER))
        self._home, self._password = home, password
        self._children: list[Child] = []

    @property
    def url(self) -> str:
        """The store's address, for a gateway that asks them for the primary."""
        return f"redis+sentinel://{','.join(f'{LOOPBACK}:{port}' for port in self.ports)}/{NAME}/0"

    async def watch(self, primary: StoreServer) -> None:
        """Return once they know the primary's replica. Raises TimeoutError."""
        if not self._children:
            await self._start(primary)
        for port in self.ports:
            await require(partial(_knows_all, port, primary), _KNOWN_WITHIN, "a Sentinel that knows the store")

    async def promote(self, heir: StoreServer) -> None:
        try:
            await require(partial(_is_primary, heir), _SWITCHED_WITHIN, "a promotion")
        except TimeoutError as error:
            raise TimeoutError("\n".join([str(error), *await self._seen(heir), *self._last_words()])) from None
        for port in self.ports:
            await require(partial(_names, port, heir), _SWITCHED_WITHIN, "a Sentinel that names the new primary")

    async def stop(self) -> None:
        for child in self._children:
            await child.stop()

    async def _seen(self, heir: StoreServer) -> list[str]:
        """How each of them finds the replica, and whether that runs at all."""
        found = [f"{port} finds {await _ask(port, 'SENTINEL', 'REPLICAS', NAME)}" for port in self.ports]
        return [*found, f"it runs: {heir.pid is not None}"]

    def _last_words(self) -> list[str]:
        """The ends of their logs, which say why they have not switched."""
        return [line for port in self.ports for line in (self._home / f"{port}.log").read_text().splitlines()[-12:]]

    async def _start(self, primary: StoreServer) -> None:
        for port in self.ports:
            configuration = self._home / f"{port}.conf"
            configuration.write_text(self._configuration(port, primary))
            command: list[str | Path] = [store_program(), configuration, "--sentinel"]
            child = Child(f"sentinel-{port}", command, log=self._home / f"{port}.log")
            self._children.append(child)
            await child.wait_ready(partial(_answers, port), _READY_WITHIN)

    def _configuration(self, port: int, primary: StoreServer) -> str:
        home = self._home / str(port)
        home.mkdir()
        return "".join(
            f"{line}\n"
            for line in (
                f"bind {LOOPBACK}",
                f"port {port}",
                f'dir "{home}"',
                f"sentinel monitor {NAME} {LOOPBACK} {primary.door.port} {_QUORUM}",
                f"sentinel auth-pass {NAME} {self._password}",
                f"sentinel down-after-milliseconds {NAME} {_DOWN_AFTER}",
                f"sentinel failover-timeout {NAME} 5000",
            )
        )


async def _ask(port: int, *command: str) -> list[object]:
    """Empty where it does not answer."""
    try:
        async with Redis(host=LOOPBACK, port=port, decode_responses=True) as client:
            return list(await client.execute_command(*command))  # type: ignore[no-untyped-call]
    except (OSError, RedisError):
        return []


async def _answers(port: int) -> bool:
    return bool(await _ask(port, "SENTINEL", "MASTERS"))


async def _knows_all(port: int, primary: StoreServer) -> bool:
    """Whether it names this primary, and finds it, one replica and the other Sentinels well."""
    [state] = await _ask(port, "SENTINEL", "MASTERS") or [{}]
    assert isinstance(state, dict)
    replicas = await _ask(port, "SENTINEL", "REPLICAS", NAME)
    well = [one for one in replicas if isinstance(one, dict) and one["flags"] == "slave" and one["master-link-status"] == "ok"]
    known = state.get("port") == str(primary.door.port) and state.get("flags") == "master"
    return known and int(state["num-other-sentinels"]) == _NUMBER - 1 and len(well) == 1


async def _names(port: int, heir: StoreServer) -> bool:
    return await _ask(port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME) == [LOOPBACK, str(heir.door.port)]


async def _is_primary(server: StoreServer) -> bool:
    try:
        async with server.client() as client:
            return str((await client.info("replication"))["role"]) == "master"
    except (OSError, RedisError):
        return False


@asynccontextmanager
async def sentinels(home: Path, password: str) -> AsyncIterator[Sentinels]:
    """They start with the first watch."""
    ring = Sentinels(home, password)
    try:
        yield ring
    finally:
        await ring.stop()

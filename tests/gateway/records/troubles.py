"""Redis in trouble, on real servers: each is a server, or none, with which a gateway cannot do what it must."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from benchmarks.redis_servers import DURABLE, SERVICE, RedisServer
from gateway.embedded.ports import free_port
from gateway.model.errors import GatewayOverloaded, StoreFull, StoreMisconfigured, StoreUnavailable
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.client import Store
from tests.gateway.records.lives import claimed
from tests.gateway.records.stores import suspended

Made = AbstractAsyncContextManager[RedisSettings]
Step = Callable[[Store], Awaitable[Any]]


async def claim(store: Store) -> None:
    await claimed(store, "inv_of_trouble")


async def opening(store: Store) -> None:
    await store.open()


async def reading(store: Store) -> None:
    await store.value("cg:anything")


@dataclass(frozen=True)
class Trouble:
    """`make`: brings it about, in a directory and on a kind of server. `says` and `cure` are told of it."""

    make: Callable[[Path, str], Made]
    says: str
    cure: str
    error: type[StoreUnavailable] = StoreUnavailable
    step: Step = claim

    @property
    def name(self) -> str:
        return self.make.__name__


@asynccontextmanager
async def serving(home: Path, kind: str, **settings: Any) -> AsyncIterator[RedisServer]:
    """A durable server, with these settings in its file too: `_` for `-`."""
    own = {name.replace("_", "-"): value for name, value in settings.items()}
    server = RedisServer(home, {**DURABLE, **own}, kind=kind)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


def to(server: RedisServer) -> RedisSettings:
    return RedisSettings(url=server.url)


async def loaded(server: RedisServer) -> None:
    """Let the server have the gateway's Functions, as it has before the trouble begins."""
    store = Store(to(server))
    try:
        await store.load_functions()
    finally:
        await store.close()


def as_user(server: RedisServer, home: Path, name: str = "gateway", password: str = "of-the-gateway") -> RedisSettings:
    (home / "password").write_text(password + "\n")
    return RedisSettings(url=server.url, user=name, password_file=home / "password")


@asynccontextmanager
async def full_memory(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server, server.asked() as operator:
        await loaded(server)
        await operator.config_set("maxmemory", "1mb")
        yield to(server)


async def order(operator: Redis, *words: str) -> Any:
    return await operator.execute_command(*words)  # type: ignore[no-untyped-call]


@asynccontextmanager
async def user(home: Path, kind: str, *rules: str) -> AsyncIterator[RedisSettings]:
    """Log in as a user with these rules."""
    async with serving(home / "server", kind) as server, server.asked() as operator:
        await loaded(server)
        await order(operator, "ACL", "SETUSER", "gateway", "on", ">of-the-gateway", *rules)
        yield as_user(server, home)


def no_such_command(home: Path, kind: str) -> Made:
    return user(home, kind, "~cg:*", "+@all", "-fcall")


def no_such_key(home: Path, kind: str) -> Made:
    return user(home, kind, "~shop:*", "+@all")


def not_in_functions(home: Path, kind: str) -> Made:
    return user(home, kind, "~cg:*", "+@all", "-hset")


@asynccontextmanager
async def wrong_password(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, requirepass="right") as server:
        (home / "password").write_text("wrong")
        yield RedisSettings(url=server.url, password_file=home / "password")


@asynccontextmanager
async def no_password(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, requirepass="right") as server:
        yield to(server)


@asynccontextmanager
async def sentinel(home: Path, kind: str) -> AsyncIterator[RedisServer]:
    """It watches a server, which is well."""
    async with serving(home / "server", kind) as server:
        watching = {f"sentinel monitor {SERVICE} 127.0.0.1": f"{server.port} 1"}
        watcher = RedisServer(home / "sentinel", watching, kind=kind, mode=["--sentinel"])
        await watcher.start()
        try:
            yield watcher
        finally:
            await watcher.kill()


@asynccontextmanager
async def sentinel_for_a_server(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with sentinel(home, kind) as watcher:
        yield to(watcher)


@asynccontextmanager
async def sentinel_for_a_database(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with sentinel(home, kind) as watcher:
        yield RedisSettings(url=watcher.url.removesuffix("/0") + "/3")


@asynccontextmanager
async def service_misspelt(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """One of the Sentinels is away."""
    async with sentinel(home, kind) as watcher:
        yield RedisSettings(url=f"redis+sentinel://127.0.0.1:{free_port()},{watcher.address}/callgtae")


@asynccontextmanager
async def server_for_a_sentinel(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """Another Sentinel, so they say, is away."""
    async with serving(home / "server", kind) as server:
        yield RedisSettings(url=f"redis+sentinel://127.0.0.1:{free_port()},{server.address}/{SERVICE}")


@asynccontextmanager
async def guarded_server_for_a_sentinel(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, requirepass="right") as server:
        (home / "password").write_text("right")
        yield RedisSettings(url=f"redis+sentinel://{server.address}/{SERVICE}", password_file=home / "password")


@asynccontextmanager
async def another_program(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    yield RedisSettings(url=f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    server.close()


@asynccontextmanager
async def another_program_for_a_sentinel(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with another_program(home, kind) as settings:
        yield RedisSettings(url=settings.url.replace("redis://", "redis+sentinel://").removesuffix("/0") + f"/{SERVICE}")


@asynccontextmanager
async def no_such_user(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server:
        yield as_user(server, home)


@asynccontextmanager
async def node_of_a_cluster(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """Another node has all slots."""
    async with (
        serving(home / "one", kind, cluster_enabled="yes", cluster_port=free_port()) as one,
        serving(home / "other", kind, cluster_enabled="yes", cluster_port=free_port()) as other,
        one.asked() as here,
        other.asked() as there,
    ):
        bus = (await there.config_get("cluster-port"))["cluster-port"]
        await order(there, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        await order(here, "CLUSTER", "MEET", "127.0.0.1", str(other.port), str(bus))
        await until(lambda: moved(one))
        await loaded(one)
        yield to(one)


async def moved(server: RedisServer) -> bool:
    try:
        async with server.asked() as operator:
            await operator.get("cg:{acme}:quarantine")
    except RedisError as error:
        return "MOVED" in repr(error) or type(error).__name__ == "MovedError"
    return False


@asynccontextmanager
async def cluster_without_slots(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, cluster_enabled="yes", cluster_port=free_port()) as server:
        await loaded(server)
        yield to(server)


@asynccontextmanager
async def replica(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with (
        serving(home / "primary", kind) as primary,
        serving(home / "replica", kind, replicaof=f"127.0.0.1 {primary.port}") as replica,
    ):
        await until(lambda: linked(replica))
        yield to(replica)


@asynccontextmanager
async def replica_without_primary(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    silent = {"replicaof": f"127.0.0.1 {free_port()}", "replica_serve_stale_data": "no"}
    async with serving(home / "replica", kind, **silent) as replica:
        yield to(replica)


async def linked(server: RedisServer) -> bool:
    async with server.asked() as operator:
        return bool((await operator.info("replication")).get("master_link_status") == "up")


@asynccontextmanager
async def disk_that_fails(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """It cannot save, because its directory is gone."""
    async with serving(home / "server", kind) as server, server.asked() as operator:
        await loaded(server)
        await operator.config_set("save", "3600 1")
        shutil.rmtree(server.home)
        server.home.mkdir()  # its log goes on in it, and its own directory is another one
        with suppress(RedisError):
            await operator.bgsave()
        await until(lambda: failed_to_save(server))
        yield to(server)


async def failed_to_save(server: RedisServer) -> bool:
    async with server.asked() as operator:
        return bool((await operator.info("persistence"))["rdb_last_bgsave_status"] == "err")


@asynccontextmanager
async def too_many_clients(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server, server.asked() as operator:
        await operator.config_set("maxclients", "1")
        yield to(server)


@asynccontextmanager
async def script_without_end(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, busy_reply_threshold=10) as server, server.asked() as operator:
        await loaded(server)
        async with server.asked() as looping:
            running = asyncio.ensure_future(looping.eval("while true do end", 0))
            await until(lambda: is_busy(server))
            yield to(server)
            with suppress(RedisError):
                await operator.script_kill()
            await asyncio.wait({running})
            running.exception()


async def is_busy(server: RedisServer) -> bool:
    try:
        async with server.asked() as operator:
            await operator.get("anything")
    except RedisError as error:
        return "BUSY" in str(error)
    return False


@asynccontextmanager
async def too_few_replicas(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server, server.asked() as operator:
        await loaded(server)
        await operator.config_set("min-replicas-to-write", 1)
        yield to(server)


@asynccontextmanager
async def loading(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """It was stopped, and reads what it had; slowly, so that there is time to ask it."""
    async with (
        serving(home / "server", kind, loading_process_events_interval_bytes=1024, rdbcompression="no") as server,
        server.asked() as operator,
    ):
        for number in range(400):
            await operator.set(f"cg:{number}", "x" * 512)
        await operator.bgrewriteaof()
        await until(lambda: rewritten(server))
        await server.kill()
        with (server.home / "redis.conf").open("a") as file:
            file.write("key-load-delay 10000\n")  # microseconds for each key
        begun = asyncio.create_task(server.start())
        await until(lambda: is_loading(server))
        yield to(server)
        await server.kill()
        begun.cancel()
        await asyncio.wait({begun})


async def rewritten(server: RedisServer) -> bool:
    async with server.asked() as operator:
        state = await operator.info("persistence")
    return (state["aof_rewrite_in_progress"], state["aof_rewrite_scheduled"], state["aof_base_size"] > 1024) == (0, 0, True)


async def is_loading(server: RedisServer) -> bool:
    try:
        async with server.asked() as operator:
            await operator.get("anything")
    except (RedisError, OSError) as error:
        return "loading" in str(error).lower()
    return False


@asynccontextmanager
async def no_server(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    yield RedisSettings(url=f"redis://127.0.0.1:{free_port()}/0")


@asynccontextmanager
async def no_such_name(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    yield RedisSettings(url="redis://no-such-host.invalid:6379/0")


@asynccontextmanager
async def silence(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server:
        assert server.pid is not None
        with suspended(server.pid):
            yield to(server)


@asynccontextmanager
async def busy_gateway(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    """Redis is well; the gateway's event loop has other work, in pieces of a twentieth of a second."""
    async with serving(home / "server", kind) as server:
        await loaded(server)
        working = [asyncio.create_task(work()) for _ in range(6)]
        yield to(server)
        for task in working:
            task.cancel()
        await asyncio.wait(working)


async def work() -> None:
    while True:
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
        await asyncio.sleep(0)


@asynccontextmanager
async def no_such_database(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind) as server:
        yield RedisSettings(url=server.url.removesuffix("/0") + "/77")


@asynccontextmanager
async def command_renamed(home: Path, kind: str) -> AsyncIterator[RedisSettings]:
    async with serving(home / "server", kind, **{"rename-command FCALL": '""'}) as server:
        yield to(server)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


TROUBLES = (
    Trouble(full_memory, "memory is full", "maxmemory", StoreFull),
    Trouble(no_such_command, "'fcall'", "ACL SETUSER", StoreMisconfigured),
    Trouble(no_such_key, "key", "ACL SETUSER NAME ~cg:*", StoreMisconfigured),
    Trouble(not_in_functions, "what its Functions need", "ACL SETUSER", StoreMisconfigured),
    Trouble(wrong_password, "refuses the gateway's login", "CALLGATE_REDIS_PASSWORD_FILE", StoreMisconfigured, opening),
    Trouble(no_password, "Redis wants a password", "Set CALLGATE_REDIS_PASSWORD_FILE", StoreMisconfigured, opening),
    Trouble(sentinel_for_a_server, "is a Sentinel", "=redis\\+sentinel://HOST:PORT/SERVICE", StoreMisconfigured, opening),
    Trouble(sentinel_for_a_database, "is a Sentinel", "=redis\\+sentinel://HOST:PORT/SERVICE", StoreMisconfigured, opening),
    Trouble(service_misspelt, "do not know the service.*but 'callgate'", "^Correct the service", StoreMisconfigured, opening),
    Trouble(server_for_a_sentinel, "no Sentinel answers there", "name Sentinels", StoreMisconfigured, opening),
    Trouble(guarded_server_for_a_sentinel, "wants a password", "no Sentinel answers", StoreMisconfigured, opening),
    Trouble(another_program, "is no Redis", "another program listens there", StoreMisconfigured, opening),
    Trouble(another_program_for_a_sentinel, "no Sentinel answers there", "name Sentinels", StoreMisconfigured, opening),
    Trouble(no_such_user, "refuses the gateway's login", "CALLGATE_REDIS_USER", StoreMisconfigured, opening),
    Trouble(node_of_a_cluster, "a cluster of several nodes", "one server that has every slot", StoreMisconfigured),
    Trouble(cluster_without_slots, "a cluster that does not serve", "CLUSTER INFO"),
    Trouble(replica, "is a replica, and takes no writes", "redis\\+sentinel://"),
    Trouble(replica_without_primary, "has lost its primary", "redis\\+sentinel://", step=reading),
    Trouble(disk_that_fails, "cannot write to its disk", "log and its disk"),
    Trouble(too_many_clients, "as many clients as it takes", "maxclients", step=reading),
    Trouble(script_without_end, "a script that does not end", "SCRIPT KILL"),
    Trouble(too_few_replicas, "too few replicas", "min-replicas-to-write"),
    Trouble(loading, "reads its data from the disk", "has loaded", step=reading),
    Trouble(no_server, "no Redis listens there", "Start Redis"),
    Trouble(no_such_name, "does not resolve", "CALLGATE_REDIS_URL"),
    Trouble(silence, "did not answer in time", "load, disk, network"),
    Trouble(busy_gateway, "the gateway is overloaded", "more processor", GatewayOverloaded),
    Trouble(no_such_database, "no such database", "end of CALLGATE_REDIS_URL", StoreMisconfigured),
    Trouble(command_renamed, "does not know a command", "rename no command", StoreMisconfigured),
)

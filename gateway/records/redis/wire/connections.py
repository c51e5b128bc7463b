"""Connections that lead to the primary, and to it alone: directly, or wherever the Sentinels say that it is now."""

import asyncio
import ssl
from collections.abc import Callable
from time import monotonic
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, Redis, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from gateway.model.redis_place import Address
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.wire.login import login_of_sentinels, login_of_servers
from gateway.records.redis.wire.sentinels import Sentinels, SentinelWord

#: Seconds between two looks whether the primary is still the same: one that is cut off from its Sentinels takes writes on.
LOOK_EVERY = 0.25

#: The share of the time for a connection that a TLS handshake may take: a server that speaks no TLS says nothing to one.
HANDSHAKE = 0.8


class NotPrimary(RedisConnectionError):
    """The server is a replica: the Sentinels have yet to agree, or it was the primary a moment ago."""


class NetworkConnection(Connection):
    """A connection with the certificates that it is given. `tls`: None for one in the clear."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, server_name: str | None = None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._tls = tls
        self._server_name = server_name

    async def connect(self) -> None:
        if not self.is_connected:  # the client would find that out in a roundabout way, before each command
            await super().connect()  # type: ignore[no-untyped-call]

    def _connection_arguments(self) -> dict[str, Any]:
        plain = {"host": self.host, "port": self.port}
        if self._tls is None:
            return plain
        name = self._server_name or self.host
        patience = round((self.socket_connect_timeout or 1.0) * HANDSHAKE, 3)  # asyncio's message has every digit of it
        return {**plain, "ssl": self._tls, "server_hostname": name, "ssl_handshake_timeout": patience}


class PrimaryConnection(NetworkConnection):
    """A connection to the primary. Where that is another by now, it is made anew before the next command."""

    def __init__(self, *, primary: "Primary", **arguments: Any) -> None:
        super().__init__(**arguments, redis_connect_func=_as_primary)
        self._primary = primary

    async def connect(self) -> None:
        if self.is_connected:
            if self._primary.is_at(self.host, self.port):
                return
            await self.disconnect(nowait=True)
        self.host, self.port = await self._primary.find()
        await super().connect()


async def _as_primary(connection: PrimaryConnection) -> None:
    """Log in, and ask the server itself: a Sentinel may not know yet that it is no primary any more."""
    await connection.on_connect()
    await connection.send_command("ROLE", check_health=False)
    role = await connection.read_response()
    if role[0] not in {b"master", "master"}:
        raise NotPrimary(f"{connection.host}:{connection.port} is a replica")


class Primary:
    """Where the primary is. Looks again while connections are used; `moved` is called when it is another one."""

    def __init__(self, sentinels: Sentinels, moved: Callable[[], None]) -> None:
        self._sentinels = sentinels
        self._moved = moved
        self.address: Address | None = None
        self.seen: set[Address] = set()
        self._looking: asyncio.Task[Address] | None = None
        self._next_look = 0.0

    async def find(self) -> Address:
        """Ask the Sentinels, once for all that want to know at the same time. Raises PrimaryUnknown."""
        return await asyncio.shield(self.suspect())

    def is_at(self, host: str, port: int) -> bool:
        """Whether the primary was there at the last look; begins another look where that was a while ago."""
        if monotonic() > self._next_look:
            self.suspect()
        return self.address == (host, port)

    def suspect(self) -> "asyncio.Task[Address]":
        """Look now: the server that was the primary does not behave like one."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
            self._looking.add_done_callback(self._looked)
        return self._looking

    async def words(self) -> list[SentinelWord]:
        return await self._sentinels.words()

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
        await self._sentinels.close()

    async def _look(self) -> Address:
        self._next_look = monotonic() + LOOK_EVERY
        found = await self._sentinels.primary()
        before, self.address = self.address, found
        self.seen.add(found)
        if before not in {None, found}:
            self._moved()
        return found

    def _looked(self, task: "asyncio.Task[Address]") -> None:
        self._looking = None
        if not task.cancelled():
            task.exception()  # a command that waits gets it; a look that none waits for is repeated with the next command


class Route:
    """Makes the store's connections, as its settings say."""

    def __init__(self, settings: RedisSettings, patience: float, moved: Callable[[], None]) -> None:
        """`patience`: seconds for a connection. Raises StoreMisconfigured where a file of the settings cannot be read."""
        self._settings, self._patience = settings, patience
        self._login = login_of_servers(settings)
        self.primary: Primary | None = None
        place = settings.place
        if place.service:
            known = login_of_sentinels(settings).arguments
            self.primary = Primary(
                Sentinels(place.hosts, place.service, NetworkConnection, socket_connect_timeout=patience, **known), moved
            )

    def client(self, connections: int) -> Any:
        """A client over a pool of so many connections at most."""
        pool: Any = BlockingConnectionPool(
            max_connections=connections,
            timeout=self._patience,
            socket_connect_timeout=self._patience,
            socket_timeout=None,  # the store bounds it all; the client would make a task of each command to do so
            retry=Retry(NoBackoff(), 0),  # a transition whose reply was lost must not be sent a second time unseen
            db=self._settings.place.database,
            **self._ways(),
        )
        return Redis.from_pool(pool)

    @property
    def destination(self) -> str:
        """Where connections lead now, for people."""
        place = self._settings.place
        if place.socket:
            return place.socket
        address = self.primary.address if self.primary else place.hosts[0]
        return f"{address[0]}:{address[1]}" if address else "unknown"

    @property
    def primaries(self) -> set[Address]:
        """Every server that was the primary since this gateway started, where Sentinels tell; else the one of the settings."""
        return self.primary.seen if self.primary else set(self._settings.place.hosts)

    def suspect(self) -> None:
        """Let the Sentinels be asked whether the primary is still where it was; without Sentinels it is."""
        if self.primary is not None:
            self.primary.suspect()

    async def close(self) -> None:
        if self.primary is not None:
            await self.primary.close()

    def _ways(self) -> dict[str, Any]:
        place = self._settings.place
        if place.socket:
            login = {"username": self._login.user, "password": self._login.password}
            return {"connection_class": UnixDomainSocketConnection, "path": place.socket, **login}
        if self.primary is not None:
            return {"connection_class": PrimaryConnection, "primary": self.primary, **self._login.arguments}
        host, port = place.hosts[0]
        return {"connection_class": NetworkConnection, "host": host, "port": port, **self._login.arguments}

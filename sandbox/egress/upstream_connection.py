"""The way to one upstream: its name resolved once, every address checked, and a connection to one of those."""

import asyncio
from http import HTTPStatus

from sandbox.api.job import Destination
from sandbox.egress.addresses import Address
from sandbox.egress.resolve import Lookup, Unresolved, resolve
from sandbox.egress.tunnel import CHUNK, Stream

CONNECT_SECONDS = 10.0
"""For a connection to any of the addresses."""


class Unreached(Exception):
    """There is no connection. `status` says so to who asked for one."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class UpstreamConnection:
    """One connection. It is under way from the beginning, and ends with `close` whatever has become of it."""

    def __init__(self, host: str | Address, destination: Destination, lookup: Lookup) -> None:
        self.address = ""
        """The one that was tried last."""
        self._host = host
        self._port = destination.port
        self._going = asyncio.create_task(self._go(destination, lookup))

    async def open(self) -> Stream:
        """The connection. Raises Denied, Unreached."""
        return await self._going

    def close(self) -> None:
        if not self._going.done():
            self._going.cancel()
        elif not self._going.cancelled() and self._going.exception() is None:
            self._going.result()[1].transport.abort()

    async def _go(self, destination: Destination, lookup: Lookup) -> Stream:
        try:
            addresses = await resolve(self._host, self._port, destination.private, lookup)
        except Unresolved as unresolved:
            raise Unreached(HTTPStatus.BAD_GATEWAY, str(unresolved)) from unresolved
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._connect(addresses)
        except TimeoutError:
            raise Unreached(HTTPStatus.GATEWAY_TIMEOUT, f"{self._host} port {self._port} did not answer in time") from None

    async def _connect(self, addresses: tuple[Address, ...]) -> Stream:
        """To the first that answers. All of them have been checked."""
        cause = "there is no address"
        for address in addresses:
            self.address = str(address)
            try:
                return await asyncio.open_connection(self.address, self._port, limit=CHUNK)
            except OSError as error:
                cause = error.strerror or "no connection"
        raise Unreached(HTTPStatus.BAD_GATEWAY, f"{self._host} port {self._port} could not be reached: {cause}")

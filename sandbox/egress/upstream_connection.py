"""A connection to one upstream: its name is resolved once, every address is checked, and one of those is connected to."""

import asyncio
from http import HTTPStatus

from sandbox.api.job import Destination
from sandbox.egress.addresses import Address
from sandbox.egress.own_parts import OWN_PARTS
from sandbox.egress.resolve import Lookup, Unresolved, resolve
from sandbox.egress.tunnel import CHUNK, Stream

#: Seconds for a connection to any of the addresses.
CONNECT_SECONDS = 10.0


class Unreached(Exception):
    """There is no connection. `status` is the broker's answer to the box."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class UpstreamConnection:
    """One connection. It is begun at once, and ends with `close`, whatever has become of it."""

    def __init__(self, host: str | Address, destination: Destination, lookup: Lookup) -> None:
        self.address = ""  # the address that was tried last
        self._host = host
        self._port = destination.port
        self._connecting = asyncio.create_task(self._connect(destination, lookup))

    async def open(self) -> Stream:
        """The connection. Raises Denied, Unreached."""
        return await self._connecting

    def close(self) -> None:
        if not self._connecting.done():
            self._connecting.cancel()
        elif not self._connecting.cancelled() and self._connecting.exception() is None:
            self._connecting.result()[1].transport.abort()

    async def _connect(self, destination: Destination, lookup: Lookup) -> Stream:
        try:
            addresses = await resolve(self._host, self._port, destination.private, lookup)
            await OWN_PARTS.refuse(self._host, addresses, self._port, destination.own_parts, lookup)
        except Unresolved as unresolved:
            raise Unreached(HTTPStatus.BAD_GATEWAY, str(unresolved)) from unresolved
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._connect_to_any(addresses)
        except TimeoutError:
            raise Unreached(HTTPStatus.GATEWAY_TIMEOUT, f"{self._host} port {self._port} did not answer in time") from None

    async def _connect_to_any(self, addresses: tuple[Address, ...]) -> Stream:
        """Connect to the first address that answers. All of them have been checked."""
        cause = "there is no address"
        for address in addresses:
            self.address = str(address)
            try:
                return await asyncio.open_connection(self.address, self._port, limit=CHUNK)
            except OSError as error:
                cause = error.strerror or "no connection"
        raise Unreached(HTTPStatus.BAD_GATEWAY, f"{self._host} port {self._port} could not be reached: {cause}")

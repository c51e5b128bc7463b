"""A connection to one upstream: its name is resolved once, every address is checked, and one of those is connected to.

Where a proxy is the way there, what can be checked is (`proxied_names`), and the proxy opens the way.
"""

import asyncio
from http import HTTPStatus

from sandbox.api.job import Destination, Proxy
from sandbox.egress.addresses import Address
from sandbox.egress.happy_eyeballs import NoneAnswers, Race
from sandbox.egress.http_proxy import ProxyRefused, ask_for_tunnel
from sandbox.egress.own_parts import OWN_PARTS
from sandbox.egress.proxied_names import PROXIED_NAMES
from sandbox.egress.resolve import Denied, Lookup, Unresolved, parse_host, resolve
from sandbox.egress.tunnel import Stream

#: Seconds for a connection to any of the addresses, and for a proxy's answer.
CONNECT_SECONDS = 10.0


class Unreached(Exception):
    """There is no connection. `status` is the broker's answer to the box."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class UpstreamConnection:
    """One connection. It is begun at once, and ends with `close`, whatever has become of it."""

    def __init__(self, host: str | Address, destination: Destination, lookup: Lookup) -> None:
        self.address = ""  # the one that answered, or else that was tried last; of a proxy, with its name
        self._host = host
        self._port = destination.port
        way = self._through(destination.proxy, destination, lookup) if destination.proxy else self._connect(destination, lookup)
        self._connecting = asyncio.create_task(way)

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
                return await self._race(Race(addresses, self._port), f"{self._host} port {self._port}")
        except TimeoutError:
            raise Unreached(HTTPStatus.GATEWAY_TIMEOUT, f"{self._host} port {self._port} did not answer in time") from None

    async def _race(self, race: Race, what: str, beside: str = "") -> Stream:
        """Connect to the address that answers first. `beside` is noted with it."""
        try:
            return await race.run()
        except NoneAnswers as none:
            raise Unreached(HTTPStatus.BAD_GATEWAY, f"{what} could not be reached: {none}") from none
        finally:
            found = race.winner or (race.tried[-1] if race.tried else None)
            self.address = f"{found}{beside}" if found else ""

    async def _through(self, proxy: Proxy, destination: Destination, lookup: Lookup) -> Stream:
        await PROXIED_NAMES.check(self._host, destination, lookup)
        named = f"the proxy {proxy.host}:{proxy.port}"
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                stream = await self._race(Race(await _addresses_of(proxy, lookup), proxy.port), named, f", {named}")
                return await self._tunnelled(stream, proxy)
        except TimeoutError:
            raise Unreached(
                HTTPStatus.GATEWAY_TIMEOUT,
                f"{named} did not answer in time: see that it runs, and that it reaches {self._host} port {self._port}",
            ) from None

    async def _tunnelled(self, stream: Stream, proxy: Proxy) -> Stream:
        try:
            await ask_for_tunnel(stream, proxy, self._host, self._port)
        except ProxyRefused as refused:
            stream[1].transport.abort()
            raise Unreached(HTTPStatus.BAD_GATEWAY, str(refused)) from refused
        except BaseException:
            stream[1].transport.abort()
            raise
        return stream


async def _addresses_of(proxy: Proxy, lookup: Lookup) -> tuple[Address, ...]:
    """Wherever an operator's proxy lies, is the operator's word. Raises Unreached."""
    try:
        host = parse_host(proxy.host)
        return await lookup(host, proxy.port) if isinstance(host, str) else (host,)
    except (Denied, Unresolved) as error:
        told = f"the proxy {proxy.host}:{proxy.port} has no address: correct CALLGATE_PROXY, or the name system"
        raise Unreached(HTTPStatus.BAD_GATEWAY, told) from error

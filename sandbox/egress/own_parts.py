"""Is an address one of Callgate's own servers? Address and port decide: a server has more names than an operator can list.

A part that lies on this host may listen on every interface; so its port is refused on all addresses of this host.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from sandbox.api.job import OwnPart
from sandbox.egress.addresses import Address, effective_address
from sandbox.egress.resolve import Denied, Lookup, Unresolved, is_of_this_host, parse_host

#: Seconds for which the addresses of a part's name count as fresh.
FRESH = 30.0
#: Addresses of one name that are remembered: a name that has moved, or does not resolve just now, still had them.
REMEMBERED = 64


@dataclass(slots=True)
class _Known:
    until: float
    addresses: tuple[Address, ...]


class OwnPartAddresses:
    """Where the parts are. Asks the name system only where a box wants to go to the port of a part."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    async def refuse(
        self, host: str | Address, addresses: Sequence[Address], port: int, parts: Sequence[OwnPart], lookup: Lookup
    ) -> None:
        """Raises Denied where one of the addresses of a host is a part's."""
        for part in parts:
            if part.port == port and await self._is_at(part, addresses, lookup):
                raise Denied(f"{host} port {port} is {part.name} of Callgate itself, which is no upstream")

    async def _is_at(self, part: OwnPart, addresses: Sequence[Address], lookup: Lookup) -> bool:
        taken = {effective_address(one) for one in await self._addresses(part, lookup)}
        here = any(map(is_of_this_host, taken))
        return any(effective_address(one) in taken or (here and is_of_this_host(one)) for one in addresses)

    async def _addresses(self, part: OwnPart, lookup: Lookup) -> tuple[Address, ...]:
        with suppress(Denied):
            host = parse_host(part.host)
            return await self._named(host, part.port, lookup) if isinstance(host, str) else (host,)
        return ()

    async def _named(self, name: str, port: int, lookup: Lookup) -> tuple[Address, ...]:
        known = self._known.setdefault(name, _Known(0.0, ()))
        if monotonic() >= known.until:
            with suppress(Unresolved):
                found = await lookup(name, port)
                known.addresses = tuple(dict.fromkeys((*found, *known.addresses)))[:REMEMBERED]
                known.until = monotonic() + FRESH
        return known.addresses


#: One for the process: what a part was called, and where it was, is the same for every box.
OWN_PARTS = OwnPartAddresses()

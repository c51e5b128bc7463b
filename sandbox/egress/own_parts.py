"""Is an address one of Callgate's own servers? Address and port decide: a server has more names than an operator can list.

A part that lies on this host may listen on every interface; so its port is refused on all addresses of this host.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from sandbox.api.job import OwnPart
from sandbox.egress.addresses import Address, effective_address, verdict
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
        """Raises Denied where one of the addresses of a host is a part's; or may be, for the part's name has never resolved.

        A public address is let through then: where telemetry has a wrong name, upstreams must be reached all the same.
        """
        for part in parts:
            if part.port == port:
                taken = {effective_address(one) for one in await self._addresses(part, lookup)}
                if not taken and any(map(verdict, addresses)):
                    raise Denied(f"{host} port {port} may be {part.name} of Callgate itself: {part.host} does not resolve now")
                if _is_at(taken, addresses):
                    raise Denied(f"{host} port {port} is {part.name} of Callgate itself, which is no upstream")

    async def _addresses(self, part: OwnPart, lookup: Lookup) -> tuple[Address, ...]:
        host = _as_operators_write_it(part.host)
        return await self._named(host, part.port, lookup) if isinstance(host, str) else (host,)

    async def _named(self, name: str, port: int, lookup: Lookup) -> tuple[Address, ...]:
        known = self._known.setdefault(name, _Known(0.0, ()))
        if monotonic() >= known.until:
            with suppress(Unresolved):
                found = await lookup(name, port)
                known.addresses = tuple(dict.fromkeys((*found, *known.addresses)))[:REMEMBERED]
                known.until = monotonic() + FRESH
        return known.addresses


def _is_at(taken: Collection[Address], addresses: Sequence[Address]) -> bool:
    here = any(map(is_of_this_host, taken))
    return any(effective_address(one) in taken or (here and is_of_this_host(one)) for one in addresses)


def _as_operators_write_it(text: str) -> str | Address:
    """A name that no upstream may have, such as `redis_1`, `redis.internal.` or `127.1`, reaches a part all the same: the
    resolver knows where."""
    try:
        return parse_host(text)
    except Denied:
        return text


#: One for the process: what a part was called, and where it was, is the same for every box.
OWN_PARTS = OwnPartAddresses()

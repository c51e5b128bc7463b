"""What is known of a host that a proxy will look up by itself, and what that rules out.

The proxy has a resolver of its own, so no address can be pinned: where a name leads, is the proxy's decision, and its operator
must see that it leads neither to metadata nor into networks that are not meant. What can be checked here, is: the host and its
port are the job's; an address is held to the table; a name that would mean the proxy's own host, or a cloud's metadata, is
denied; and a name that this host can resolve, too, is held to all its addresses as if there were no proxy.
"""

import asyncio
from time import monotonic

from sandbox.api.job import Destination
from sandbox.egress.addresses import Address
from sandbox.egress.own_parts import OWN_PARTS
from sandbox.egress.resolve import Denied, Lookup, Unresolved, resolve

#: Names of the services that hand out a host's own credentials. Their addresses are in `addresses`.
METADATA_NAMES = frozenset(
    ("metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal")
)

#: Seconds for this host's resolver, which may know no name of the world.
PATIENCE = 1.0
#: Seconds for which a name that got no answer in time is not asked for again, and how many are remembered.
SILENCE, REMEMBERED = 60.0, 1024


class ProxiedNames:
    def __init__(self) -> None:
        self._silent: dict[str, float] = {}

    async def check(self, host: str | Address, destination: Destination, lookup: Lookup) -> None:
        """Raises Denied."""
        if isinstance(host, str) and _is_of_the_proxy_itself(host):
            raise Denied(f"{host} would be a service of the proxy's own host, or of its cloud")
        addresses = await self._addresses(host, destination, lookup)
        if addresses:
            await OWN_PARTS.refuse(host, addresses, destination.port, destination.own_parts, lookup)
        elif isinstance(host, str) and "." not in host:
            raise Denied(f"{host} has no address here, and no domain by which a proxy could be sure to mean the same host")

    async def _addresses(self, host: str | Address, destination: Destination, lookup: Lookup) -> tuple[Address, ...]:
        """All are permitted. None where this host knows none."""
        name = str(host)
        if self._silent.get(name, 0.0) > monotonic():
            return ()
        try:
            async with asyncio.timeout(PATIENCE):
                return await resolve(host, destination.port, destination.private, lookup)
        except Unresolved:
            return ()
        except TimeoutError:
            self._remember(name)
            return ()

    def _remember(self, name: str) -> None:
        self._silent.pop(name, None)
        self._silent[name] = monotonic() + SILENCE
        if len(self._silent) > REMEMBERED:
            del self._silent[next(iter(self._silent))]


def _is_of_the_proxy_itself(name: str) -> bool:
    return name in METADATA_NAMES or name == "localhost" or name.endswith(".localhost")


#: One for the process: the resolver is the host's.
PROXIED_NAMES = ProxiedNames()

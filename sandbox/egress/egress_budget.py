"""What a job may still do outside of its box: its Egress, as the job uses it up."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from sandbox.api.job import Destination, Egress
from sandbox.egress.addresses import Address
from sandbox.egress.client_hello import ClientHello
from sandbox.egress.resolve import Denied, parse_host


class Spent(Exception):
    """The job has reached one of its bounds. The message says which."""


@dataclass(slots=True)
class EgressBudget:
    """Counts what the job uses. A destination whose host cannot be read is denied."""

    egress: Egress = field(default_factory=Egress)
    connections: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    #: The bound that was reached first, in words.
    exceeded: str = ""
    _destinations: dict[tuple[str | Address, int], Destination] = field(init=False)

    def __post_init__(self) -> None:
        self._destinations = dict(sorted(_readable(self.egress), key=lambda entry: not entry[1].preparation))

    def __iter__(self) -> Iterator[tuple[str | Address, Destination]]:
        """The destinations that the job may reach, each with its host as parsed."""
        return ((host, destination) for (host, _), destination in self._destinations.items())

    def destination(self, host: str | Address, port: int) -> Destination:
        """Take one connection to the destination. Raises Denied.

        The preparation is one connection, which the runner makes before anything else runs in the box. A later connection there
        is not the runner's, and is denied, unless the job itself names that destination, too, or lets the runner return.
        """
        destination = self._destinations.get((host, port))
        if destination is None:
            raise Denied(f"{host} port {port} is not among the destinations of this job")
        if destination.preparation and not destination.returns:
            del self._destinations[host, port]
        return destination

    def connect(self) -> None:
        """Count one more connection that the box asked for, whatever becomes of it. Raises Spent."""
        self.connections += 1
        self._bound(self.connections, self.egress.connections, "connections")

    def send(self, count: int) -> None:
        """Count bytes that are about to leave. Raises Spent: then they must not leave."""
        self.bytes_out += count
        self._bound(self.bytes_out, self.egress.bytes_out, "bytes out")

    def receive(self, count: int) -> None:
        """Count bytes that are about to reach the box. Raises Spent: then they must not reach it."""
        self.bytes_in += count
        self._bound(self.bytes_in, self.egress.bytes_in, "bytes in")

    def _bound(self, value: int, bound: int, what: str) -> None:
        if value > bound:
            self.exceeded = self.exceeded or f"more than {bound:,} {what}"
            raise Spent(f"the job may have no more than {bound:,} {what}")


def check_server_name(host: str | Address, hello: ClientHello) -> None:
    """The server that TLS asks for must be the host that the broker was asked for: the address was resolved for that host only.

    A host that is an address has no server name (RFC 6066 §3); some clients send its text. Raises Denied.
    """
    if hello.server_name == str(host) or (hello.server_name is None and not isinstance(host, str)):
        return
    if hello.server_name is None:
        raise Denied(f"the TLS hello names no server, and not {host}")
    raise Denied(f"the TLS hello names {ascii(hello.server_name)[:255]}, and not {host}")


def _readable(egress: Egress) -> Iterator[tuple[tuple[str | Address, int], Destination]]:
    for destination in egress.destinations:
        with suppress(Denied):
            yield (parse_host(destination.host), destination.port), destination

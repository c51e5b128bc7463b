"""From a host's name to addresses that a box may reach: parsed strictly, resolved once, every answer checked."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from sandbox.api.job import Network
from sandbox.egress.addresses import Address, effective_address, verdict
from sandbox.egress.name_lookups import LOOKUPS

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LONGEST_NAME = 253

#: Seconds for the name system to answer.
LOOKUP_SECONDS = 5.0

#: From a name and a port to the name's addresses. Raises Unresolved.
Lookup = Callable[[str, int], Awaitable[tuple[Address, ...]]]


class Denied(Exception):
    """The box may not reach the destination. The message says why."""


class Unresolved(Exception):
    """The name has no address."""


@lru_cache(maxsize=1024)  # each call parses its upstream's host twice
def parse_host(text: str) -> str | Address:
    """Parse a host as a URL has it: a name, a canonical IPv4 address, or an IPv6 address (in brackets, or bare).

    Text that two parsers could read differently is refused, above all IPv4 addresses in other spellings (`127.1`,
    `0x7f000001`, `017700000001`), which some resolvers accept. Raises Denied.
    """
    if not text.isascii():
        raise Denied("a host is written in ASCII")
    name = text.lower()
    if ":" in name:
        return _ipv6(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise Denied("not a host's name")
    return _ipv4(name) if _NUMBER.fullmatch(labels[-1]) else name


def parse_authority(text: str) -> tuple[str | Address, int]:
    """Parse `host:port`, as in a CONNECT request. Raises Denied."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[1-9][0-9]{0,4}", port, re.ASCII) or int(port) > 0xFFFF:  # noqa: PLR2004
        raise Denied("not a host and a port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise Denied("an IPv6 address stands in brackets here")
    return parse_host(host), int(port)


async def look_up(name: str, _port: int) -> tuple[Address, ...]:
    """Ask this host's resolver. Raises Unresolved."""
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            return await LOOKUPS.addresses(name)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise Unresolved(f"{name} has no address") from error


async def resolve(
    host: str | Address, port: int, private: tuple[Network, ...], lookup: Lookup = look_up
) -> tuple[Address, ...]:
    """The addresses to connect to, in the resolver's order. Where one address is not permitted, none is.

    The caller connects to these addresses and never to the name, so that a second answer from the name system changes nothing.
    Raises Denied, Unresolved.
    """
    addresses = await lookup(host, port) if isinstance(host, str) else (host,)
    for address in addresses:
        reason = verdict(address, private) or _own(address, port, private)
        if reason:
            raise Denied(
                f"{address} is {reason}" if address == host else f"{host} has the address {address}, which is {reason}"
            )
    return addresses


def is_of_this_host(address: Address) -> bool:
    """Whether what listens on this host is reached there: by any of its interfaces, or as every address."""
    effective = effective_address(address)
    return effective.is_loopback or effective.is_unspecified or _is_of_an_interface(effective, 1)


def _own(address: Address, port: int, private: tuple[Network, ...]) -> str | None:
    """Why an address of this host is refused, in whichever form it is written: services here trust their neighbours."""
    effective = effective_address(address)
    if any(effective in network for network in private):
        return None
    return "this host" if _is_of_an_interface(effective, port) else None


def _is_of_an_interface(address: Address, port: int) -> bool:
    """Asks the kernel, and sends nothing."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect((str(address), port))
        except OSError:
            return False  # no route: the attempt to connect will say so
        return bool(probe.getsockname()[0] == str(address))


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise Denied("not an IPv4 address in its canonical form") from None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise Denied("not an IPv6 address") from None
    if address.scope_id is not None:
        raise Denied("an address with a zone")
    return address

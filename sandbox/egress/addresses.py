"""Which addresses a box may reach. The table is our own, because `ipaddress.is_private` has gaps and changes with Python.

The rows follow IANA's special-purpose address registries (IPv4 and IPv6), and the metadata services of the large clouds.
An address that carries another inside (mapped, translated or tunnelled) is judged by both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sandbox.api.job import Network

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class ReservedNetwork:
    """A network that a box may not reach, and why. A grantable one may be reached where the operator lists it as private."""

    network: Network
    reason: str
    grantable: bool = False


def _rows(reason: str, *networks: str, grantable: bool = False) -> tuple[ReservedNetwork, ...]:
    return tuple(ReservedNetwork(ip_network(network), reason, grantable) for network in networks)


#: Never reachable, whatever the operator lists: these services hand out the host's own credentials.
METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # AWS, container credentials
        "169.254.170.23",  # AWS, pod identity
        "fd00:ec2::254",  # AWS over IPv6
        "fd00:ec2::23",  # AWS, pod identity over IPv6
        "fd20:ce::254",  # Google Cloud over IPv6
        "100.100.100.200",  # Alibaba Cloud
        "192.0.0.192",  # Oracle Cloud
        "168.63.129.16",  # Azure's host, which looks like a public address
    )
)

TABLE: tuple[ReservedNetwork, ...] = (
    *_rows("loopback", "127.0.0.0/8", "::1/128", grantable=True),
    *_rows("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", grantable=True),
    *_rows("shared by a carrier", "100.64.0.0/10", grantable=True),
    *_rows("for benchmarks", "198.18.0.0/15", grantable=True),
    *_rows("this network", "0.0.0.0/8", "::/128"),
    *_rows("link-local", "169.254.0.0/16", "fe80::/10"),
    *_rows("site-local, abolished", "fec0::/10"),
    *_rows("multicast", "224.0.0.0/4", "ff00::/8"),
    *_rows("reserved", "240.0.0.0/4", "192.0.0.0/24", "2001::/23"),
    *_rows("for documentation", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    *_rows("a relay of 6to4, abolished", "192.88.99.0/24", "2002::/16"),
    *_rows("the name system's own", "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24"),
    *_rows("a local translation", "64:ff9b:1::/48"),
    *_rows("for discarding", "100::/64"),
    *_rows("segment routing", "5f00::/16"),
    *_rows("IPv4 inside IPv6, abolished", "::/96"),
)

_UNICAST = ip_network("2000::/3")
_TRANSLATED = ip_network("64:ff9b::/96")
#: What precedes the IPv4 address in an interface's identifier (RFC 5214, 6.1).
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})


def verdict(address: Address, private: tuple[Network, ...] = ()) -> str | None:
    """Why a box may not reach `address`, or None where it may. `private` lists the networks that the operator permits."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "bound to an interface"
    effective = effective_address(address)
    if any(candidate in METADATA for candidate in (effective, *_carried(address))):
        return "a metadata service"
    row = next((row for row in TABLE if effective in row.network), None)
    if row is not None:
        return None if row.grantable and any(effective in network for network in private) else row.reason
    if effective.version == 6 and effective not in _UNICAST:  # noqa: PLR2004
        return "not global unicast"
    return next((f"carries an address that is {reason}" for inner in _carried(effective) if (reason := verdict(inner))), None)


def effective_address(address: Address) -> Address:
    """The address that packets will have: a mapped or translated address stands for its IPv4 address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return _low_bits(address)
    return address


def _carried(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses inside an IPv6 one."""
    if isinstance(address, IPv4Address):
        return
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in ip_network("::/96") or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        yield _low_bits(address)


def _low_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)

"""What a box is asked to do: one HTTP exchange, with a secret that only the box will see."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Secret:
    """Where the runner finds the secret, and where in the request it goes.

    `wrapping_token` opens exactly once (Vault's response wrapping) to a token that can read `path` and nothing else.
    """

    vault: str
    wrapping_token: str = field(repr=False)
    path: str
    field: str
    place: str
    name: str
    prefix: str = ""
    basic: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One HTTP request, complete but for its secret. Times in seconds, sizes in bytes.

    `url` is absolute and final: the runner adds nothing to it but a secret whose place is the query.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    timeout: float
    response_bytes: int
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """A host and port that a box may reach. `private` lists the networks, private or loopback, where an operator lets it be.

    `tls`: only TLS that asks for this very host is let through; without it, whatever the box sends. `preparation`: a program
    may reach it before the permission to send, for it is where its credential comes from.
    """

    host: str
    port: int
    private: tuple[Network, ...] = ()
    tls: bool = True
    preparation: bool = False


@dataclass(frozen=True, slots=True)
class Egress:
    """All that one box may reach during its one job, and how much. The default is nothing.

    `bytes_out` and `bytes_in` bound all connections together, TLS included. `connections` counts every one that is asked for,
    the refused ones too.
    """

    destinations: tuple[Destination, ...] = ()
    bytes_out: int = 16 << 20
    bytes_in: int = 64 << 20
    connections: int = 64

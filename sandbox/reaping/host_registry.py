"""The host registry: which hosts there are, which gateways live on each, and which a person has declared lost.

A *host* is one container engine, with the gateways that make boxes on it. Only they can confirm that a box on it is gone, so
a host's id stands with each box in the box registry. An engine is told from another by its *mark*, which is kept with its data;
its own id is not enough, since machines and key files are copied.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: Seconds after its last sign of life in which a gateway counts as living.
LIVING = 20.0


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What a gateway sees of its host: the engine's mark and own id, the machine's name, and its kernel's id of this boot."""

    mark: str
    engine: str
    name: str
    boot: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A gateway on a host. `proof`: what it has left with the engine, for others on the same engine to see.

    `token` is known to its process alone, and another one with each sign of life: a copy of the process has an old one.
    """

    gateway: str
    proof: str
    token: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The host's id, and the living gateways that were there before."""

    host: str
    others: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class LostBefore:
    """The host was declared lost under this id. Its boxes must be removed before it gets another one."""

    host: str


@dataclass(frozen=True, slots=True)
class CopiedFrom:
    """The mark belongs to a living host that is another machine, or was started anew: this gateway is on it.

    `token`: the one that the registry has of the gateway that renews, where that is what tells them apart.
    """

    gateway: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """By whom, why and when (milliseconds) a host was declared lost."""

    author: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class KnownHost:
    """`gateways`: those that live. `seen`: the last sign of life of any, in milliseconds of the registry's clock."""

    id: str
    facts: HostFacts
    gateways: tuple[str, ...]
    seen: int
    lost: Declaration | None


class UnknownHost(Exception):
    """No host of this id was ever seen."""


class LivingHost(Exception):
    """A gateway on it has given a sign of life just now, so it is not lost."""


class HostRegistry(Protocol):
    """Every method raises BoxRegistryUnavailable where the registry cannot be written or read."""

    async def take(self, facts: HostFacts, seat: Seat, *, cleared: str = "") -> Taken | LostBefore | CopiedFrom:
        """Enter a gateway. `cleared`: the lost host whose boxes are removed, so that there can be a new one."""
        ...

    async def renew(self, host: str, facts: HostFacts, seat: Seat, before: str) -> Taken | LostBefore | CopiedFrom:
        """A sign of life, with a new token in place of the one `before`. May be repeated. Enters what the registry has
        forgotten. CopiedFrom where another process has the seat."""
        ...

    async def leave(self, seat: Seat) -> None:
        """The gateway has ended."""
        ...

    async def forget(self, gateway: str) -> None:
        """The gateway is gone without a word, and its proof with it: its seat must not be taken for a living one's."""
        ...

    async def declare_lost(self, host: str, author: str, reason: str) -> None:
        """Raises UnknownHost, LivingHost. A second declaration changes nothing."""
        ...

    async def hosts(self) -> list[KnownHost]:
        """All that were ever seen, by their ids."""
        ...


@dataclass(slots=True)
class _Entry:
    facts: HostFacts
    since: int
    seen: int = 0
    lost: Declaration | None = None


class MemoryHostRegistry:
    """A registry for a single process: for tests. It gives hosts the ids `host-1`, `host-2` and so on."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._hosts: dict[str, _Entry] = {}
        self._seats: dict[str, tuple[str, str, Seat, int]] = {}

    async def take(self, facts: HostFacts, seat: Seat, *, cleared: str = "") -> Taken | LostBefore | CopiedFrom:
        marked = [id for id, entry in self._hosts.items() if entry.facts.mark == facts.mark]
        host = marked[-1] if marked else ""
        if host and self._hosts[host].lost and host != cleared:
            return LostBefore(host)
        if not host or self._hosts[host].lost:
            host = f"host-{len(self._hosts) + 1}"
        return self._enter(host, facts, seat)

    async def renew(self, host: str, facts: HostFacts, seat: Seat, before: str) -> Taken | LostBefore | CopiedFrom:
        if host in self._hosts and self._hosts[host].lost:
            return LostBefore(host)
        known = self._seats.get(seat.gateway)
        if known is not None and known[2].token not in {before, seat.token}:
            return CopiedFrom(seat.gateway, known[2].token)
        return self._enter(host, facts, seat)

    def _enter(self, host: str, facts: HostFacts, seat: Seat) -> Taken | CopiedFrom:
        others = [(boot, one) for at, boot, one, _ in self._living() if at == host and one.gateway != seat.gateway]
        for boot, one in others:
            if boot != facts.boot:
                return CopiedFrom(one.gateway)
        entry = self._hosts.setdefault(host, _Entry(facts, self._now()))
        entry.facts, entry.seen = facts, self._now()
        self._seats[seat.gateway] = host, facts.boot, seat, self._now()
        return Taken(host, tuple(one for _, one in others))

    async def leave(self, seat: Seat) -> None:
        if seat.gateway in self._seats and self._seats[seat.gateway][2] == seat:
            del self._seats[seat.gateway]

    async def forget(self, gateway: str) -> None:
        self._seats.pop(gateway, None)

    async def declare_lost(self, host: str, author: str, reason: str) -> None:
        entry = self._hosts.get(host)
        if entry is None:
            raise UnknownHost(host)
        if any(at == host for at, *_ in self._living()):
            raise LivingHost(host)
        entry.lost = entry.lost or Declaration(author, reason, self._now())

    async def hosts(self) -> list[KnownHost]:
        living = self._living()
        gateways = {id: tuple(sorted(one.gateway for at, _, one, _ in living if at == id)) for id in self._hosts}
        return [KnownHost(id, one.facts, gateways[id], one.seen, one.lost) for id, one in sorted(self._hosts.items())]

    def _living(self) -> list[tuple[str, str, Seat, int]]:
        return [seat for seat in self._seats.values() if 0 <= self._now() - seat[3] < LIVING * 1000]

    def _now(self) -> int:
        return int(self._clock() * 1000)

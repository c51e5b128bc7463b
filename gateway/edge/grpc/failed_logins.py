"""Failed logins, told once a minute for each peer: a stranger that tries cannot fill the log, and an operator sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import structlog

log = structlog.get_logger(__name__)

MINUTE = 60.0

#: Peers that are told apart within a minute; all others count as one.
PEERS = 1000
OTHERS = "others"


@dataclass(slots=True)
class FailedLogins:
    """`clock` in seconds. The first failure of a peer is told at once, and what follows with the first one after a minute."""

    clock: Callable[[], float] = monotonic
    _since: dict[str, float] = field(default_factory=dict)
    _untold: dict[str, int] = field(default_factory=dict)

    def count(self, peer: str) -> None:
        """`peer` as gRPC names it: `ipv4:192.0.2.1:50000`."""
        host, now = self._known(host_of(peer)), self.clock()
        self._untold[host] = self._untold.get(host, 0) + 1
        if now - self._since.get(host, -MINUTE) >= MINUTE:
            log.warning("logins_failed", peer=host, times=self._untold.pop(host))
            self._since[host] = now

    def _known(self, host: str) -> str:
        if host not in self._since and len(self._since) >= PEERS:
            self._forget(self.clock() - MINUTE)
        return host if host in self._since or len(self._since) < PEERS else OTHERS

    def _forget(self, before: float) -> None:
        for host in [host for host, since in self._since.items() if since <= before]:
            del self._since[host]
            if times := self._untold.pop(host, 0):
                log.warning("logins_failed", peer=host, times=times)


def host_of(peer: str) -> str:
    """The host of a peer as gRPC names it, whatever its port."""
    kind, _, rest = peer.partition(":")
    return rest.rpartition(":")[0] if kind in {"ipv4", "ipv6"} else peer

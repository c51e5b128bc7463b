"""Leases that lie far ahead: their holder may be alive, and about to prolong them, or dead since before the clock went back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic

#: Seconds by our own clock: a living holder prolongs its lease several times in this.
PATIENCE = 15.0


@dataclass(slots=True)
class StalledLeases:
    """What has been seen to stay as it is."""

    clock: Callable[[], float] = monotonic
    _seen: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict)

    def of(self, tenant: str, leases: Mapping[str, float]) -> list[str]:
        """Those of these leases, all of one tenant, that have not been prolonged for PATIENCE seconds."""
        now, seen = self.clock(), self._seen.get(tenant, {})
        kept = self._seen[tenant] = {
            id: seen[id] if id in seen and seen[id][0] == until else (until, now) for id, until in leases.items()
        }
        return [id for id, (_, since) in kept.items() if now - since >= PATIENCE]

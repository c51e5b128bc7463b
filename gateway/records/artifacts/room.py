"""How much room each tenant has left: listed when an artifact is begun, and counted while it is written."""

from dataclasses import dataclass, field

from gateway.model.quotas import QuotaUse, exceeded


@dataclass(slots=True)
class TenantUse:
    """`stored` as it was listed last; `written` of those that are not there yet."""

    count: int = 0
    stored: int = 0
    writers: int = 0
    written: int = 0


@dataclass(slots=True)
class Room:
    """`most` artifacts of `most_bytes` together, of each tenant. Several gateways on one store do not know what the others are
    writing just now: together they may exceed a quota by that."""

    most: int
    most_bytes: int
    _uses: dict[str, TenantUse] = field(default_factory=dict)

    def begin(self, tenant: str, *, count: int, stored: int) -> None:
        """A writer begins, where so much is stored already. Raises QuotaExceeded."""
        use = self._uses.setdefault(tenant, TenantUse())
        use.count, use.stored = count, stored
        if count + use.writers >= self.most:
            raise exceeded(QuotaUse("artifacts", count + use.writers, self.most))
        self._require(use, 1)
        use.writers += 1

    def take(self, tenant: str, size: int) -> None:
        """So many bytes more are written. Raises QuotaExceeded."""
        use = self._uses[tenant]
        self._require(use, size)
        use.written += size

    def end(self, tenant: str, size: int, *, kept: bool) -> None:
        """A writer has ended, which had taken so many bytes."""
        use = self._uses[tenant]
        use.writers -= 1
        use.written -= size
        if kept:
            use.count += 1
            use.stored += size
        if not use.writers:
            del self._uses[tenant]

    def _require(self, use: TenantUse, size: int) -> None:
        used = use.stored + use.written
        if used + size > self.most_bytes:
            raise exceeded(QuotaUse("artifacts_bytes", used, self.most_bytes))

"""How much a tenant may keep in Redis, which all tenants share, and in the store of artifacts.

A quota is the setting CALLGATE_QUOTA_ and its name in capitals. `gateway.model.config` reads them.
"""

from dataclasses import dataclass

from gateway.model.errors import QuotaExceeded

MEBI = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Of each tenant, but for `import_bytes`."""

    recordings: int = 1000
    """How many there may be at one time."""
    recordings_bytes: int = 256 * MEBI
    """Of all recordings together, with the numbers of calls that runs count."""
    import_bytes: int = 64 * MEBI
    """What one import may store: a document grows, as each operation's schema stands for itself."""
    catalog_bytes: int = 512 * MEBI
    """Of all versions and entries of a tenant's tools."""
    exchanges_bytes: int = 256 * MEBI
    """Of what calls were asked and answered, where manifests have it kept."""
    reviews: int = 10_000
    """Open ones, after which no call is begun that could open another."""
    artifacts: int = 1000
    """How many there may be at one time, if there is a store of them (CALLGATE_ARTIFACTS_STORE)."""
    artifacts_bytes: int = 10 * 1024 * MEBI
    """Of all artifacts together."""
    runs: int = 10_000
    """How many runs are kept, those that are over included."""
    runs_bytes: int = 256 * MEBI
    """Of the plans and states of all runs together."""

    def __post_init__(self) -> None:
        for name in QUOTA_NAMES:
            if not getattr(self, name) > 0:
                raise ValueError(f"{quota_setting(name)} must be greater than 0")


QUOTA_NAMES = tuple(Quotas.__dataclass_fields__)


def quota_setting(name: str) -> str:
    return f"CALLGATE_QUOTA_{name.upper()}"


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a quota a tenant uses."""

    name: str
    used: int
    most: int


#: What was to be stored, and what makes room for it.
_TOLD = {
    "recordings": ("recordings", "Delete some (`callgate run delete`; each expires 30 days after its last entry)"),
    "recordings_bytes": (
        "bytes of recordings",
        "Delete some (`callgate run delete`; each expires 30 days after its last entry)",
    ),
    "import_bytes": ("bytes of one import", "Import fewer operations (`include` in the manifest)"),
    "catalog_bytes": ("bytes of tools", "Import fewer operations (`include` in the manifest): versions are kept for good"),
    "exchanges_bytes": (
        "bytes of what calls were asked and answered",
        "Keep less of it, or for a shorter time (`keep` in the manifest)",
    ),
    "artifacts": ("artifacts", "Delete some (`callgate artifact delete`), or wait until some expire"),
    "artifacts_bytes": ("bytes of artifacts", "Delete some (`callgate artifact delete`), or wait until some expire"),
    "runs": ("runs", "Wait until some are forgotten (CALLGATE_RUN_RETENTION says when)"),
    "runs_bytes": (
        "bytes of runs' plans and states",
        "Save smaller states, name an artifact in their place, or save an empty one before a run ends",
    ),
    "reviews": (
        "open reviews",
        "Decide some (`callgate review list`), or let the operator end old ones (CALLGATE_REVIEW_DAYS)",
    ),
}


def exceeded(use: QuotaUse) -> QuotaExceeded:
    what, cure = _TOLD[use.name]
    told = f"the quota of {use.most:,} {what} has no room for it: {use.used:,} are used"
    return QuotaExceeded(told, cure=f"{cure}; or let the operator raise {quota_setting(use.name)}.")

"""The settings that bound what tenants ask for and keep. `Ceilings` and `Quotas` tell what each field means."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

from gateway.model.ceilings import CEILING_NAMES, Ceilings
from gateway.model.quotas import QUOTA_NAMES, Quotas

_CEILINGS, _QUOTAS = Ceilings(), Quotas()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundSettings:
    ceiling_call_seconds: float = _CEILINGS.call_seconds
    ceiling_attempts: int = _CEILINGS.attempts
    ceiling_request_bytes: int = _CEILINGS.request_bytes
    ceiling_response_bytes: int = _CEILINGS.response_bytes
    ceiling_delay_seconds: float = _CEILINGS.delay_seconds
    ceiling_cache_seconds: float = _CEILINGS.cache_seconds
    ceiling_retention_seconds: float = _CEILINGS.retention_seconds
    ceiling_memory_bytes: int = _CEILINGS.memory_bytes
    ceiling_cpus: float = _CEILINGS.cpus
    ceiling_processes: int = _CEILINGS.processes
    ceiling_scratch_bytes: int = _CEILINGS.scratch_bytes
    ceiling_egress_bytes: int = _CEILINGS.egress_bytes
    ceiling_egress_hosts: int = _CEILINGS.egress_hosts
    quota_recordings: int = _QUOTAS.recordings
    quota_recordings_bytes: int = _QUOTAS.recordings_bytes
    quota_import_bytes: int = _QUOTAS.import_bytes
    quota_catalog_bytes: int = _QUOTAS.catalog_bytes
    quota_exchanges_bytes: int = _QUOTAS.exchanges_bytes
    quota_reviews: int = _QUOTAS.reviews
    quota_artifacts: int = _QUOTAS.artifacts
    quota_artifacts_bytes: int = _QUOTAS.artifacts_bytes
    quota_runs: int = _QUOTAS.runs
    quota_runs_bytes: int = _QUOTAS.runs_bytes

    @property
    def ceilings(self) -> Ceilings:
        """Raises ValueError with the setting that is wrong."""
        return Ceilings(**{name: getattr(self, f"ceiling_{name}") for name in CEILING_NAMES})

    @property
    def quotas(self) -> Quotas:
        """Raises ValueError with the setting that is wrong."""
        return Quotas(**{name: getattr(self, f"quota_{name}") for name in QUOTA_NAMES})


#: How the text of each is read.
BOUND_PARSERS: dict[str, Callable[[str], Any]] = get_type_hints(BoundSettings)

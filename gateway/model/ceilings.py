"""What an operator lets a manifest ask for, at most: who imports decides what is in one, and not what a host can bear.

A ceiling is the setting CALLGATE_CEILING_ and its name in capitals. `gateway.model.config` reads them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MEBI, GIBI = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """Times in seconds, sizes in bytes. The last five are of container tools."""

    call_seconds: float = 3600.0
    """Of a whole call, of an attempt, and of the wait before a probe."""
    attempts: int = 50
    request_bytes: int = 32 * MEBI
    response_bytes: int = 8 * MEBI
    delay_seconds: float = 3600.0
    """Between two attempts."""
    cache_seconds: float = 86_400.0
    """For which a success may be answered again."""
    retention_seconds: float = 7_776_000.0
    """For which a call's key is known, and Redis keeps the call: 90 days."""
    memory_bytes: int = 4 * GIBI
    cpus: float = 4.0
    processes: int = 1024
    scratch_bytes: int = GIBI
    egress_bytes: int = GIBI
    egress_hosts: int = 64
    """How many hosts a container tool may list."""

    def __post_init__(self) -> None:
        for name in CEILING_NAMES:
            if not getattr(self, name) > 0:
                raise ValueError(f"{setting_of(name)} must be greater than 0")


CEILING_NAMES = tuple(Ceilings.__dataclass_fields__)


def setting_of(name: str) -> str:
    return f"CALLGATE_CEILING_{name.upper()}"


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class CeilingRow:
    """Where the value stands in the settings of a manifest, which is where it stands in a draft, and which ceiling it has."""

    path: tuple[str, ...]
    name: str
    measure: Callable[[Any], Any] = _itself


ROWS = (
    CeilingRow(("limits", "timeout"), "call_seconds"),
    CeilingRow(("limits", "attempt_timeout"), "call_seconds"),
    CeilingRow(("limits", "max_attempts"), "attempts"),
    CeilingRow(("limits", "request_bytes"), "request_bytes"),
    CeilingRow(("limits", "response_bytes"), "response_bytes"),
    CeilingRow(("retry", "first_delay"), "delay_seconds"),
    CeilingRow(("retry", "longest_delay"), "delay_seconds"),
    CeilingRow(("probe", "settle"), "call_seconds"),
    CeilingRow(("cache_seconds",), "cache_seconds"),
    CeilingRow(("key_retention",), "retention_seconds"),
    CeilingRow(("container", "memory_bytes"), "memory_bytes"),
    CeilingRow(("container", "cpus"), "cpus"),
    CeilingRow(("container", "processes"), "processes"),
    CeilingRow(("container", "scratch_bytes"), "scratch_bytes"),
    CeilingRow(("container", "egress_bytes"), "egress_bytes"),
    CeilingRow(("container", "egress"), "egress_hosts", len),
)

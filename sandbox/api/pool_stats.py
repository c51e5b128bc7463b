"""What a pool counts: leases of waiting boxes, misses and why, and how long each step took."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

#: The weight of the newest duration in the moving mean.
_WEIGHT = 0.2


class Miss(StrEnum):
    """Why a caller found no waiting box."""

    NOT_KEPT = "not_kept"  # boxes of this kind are not kept waiting, or not yet
    TAKEN = "taken"  # all waiting boxes were taken, faster than others could be made
    ENDED = "ended"  # the box that waited had ended by itself
    BEHIND = "behind"  # other callers wait for this kind already, or the tenant holds its share


@dataclass(slots=True)
class Durations:
    """How long a step took, in seconds."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    #: A moving mean.
    recent: float = 0.0

    def note(self, seconds: float) -> None:
        self.recent = seconds if not self.count else self.recent + _WEIGHT * (seconds - self.recent)
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Note how long the block takes, unless it fails."""
        begin = monotonic()
        yield
        self.note(monotonic() - begin)


@dataclass(slots=True, kw_only=True)
class PoolStats:
    """The counts since the pool started; but `waiting`, `leased`, `making` and `queued` are of this moment.

    Each part of the pool counts what it does.
    """

    waiting: int = 0
    leased: int = 0
    making: int = 0
    queued: int = 0
    hits: int = 0
    misses: Counter[Miss] = field(default_factory=Counter)
    refused_early: int = 0
    refused_late: int = 0
    #: Boxes that ended by themselves while they waited.
    ended_waiting: int = 0
    #: Waiting boxes that were given up: too old, too many, or in the way of a caller that waited for another kind.
    replaced: int = 0
    queueing: Durations = field(default_factory=Durations)
    #: How long callers had their boxes.
    holding: Durations = field(default_factory=Durations)
    making_time: Durations = field(default_factory=Durations)
    removing_time: Durations = field(default_factory=Durations)

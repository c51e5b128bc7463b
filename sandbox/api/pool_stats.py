"""What a pool counts: found boxes, missed ones and why, and how long things took."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic

_WEIGHT = 0.2
"""Of the newest of the durations in their moving mean."""


class Miss(StrEnum):
    """Why no box waited for somebody who came."""

    NOT_KEPT = "not_kept"  # boxes of this kind are not kept waiting, or not yet
    TAKEN = "taken"  # all that waited were taken, faster than others could be made
    ENDED = "ended"  # the one that waited had ended by itself
    BEHIND = "behind"  # others of this kind, or too many of this tenant, wait already


@dataclass(slots=True)
class Durations:
    """Seconds that something took."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    recent: float = 0.0
    """A moving mean."""

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


@dataclass(slots=True)
class PoolStats:
    """Since the pool started, but for the first four, which are of now. Counted by whoever does the thing."""

    waiting: int = 0
    leased: int = 0
    making: int = 0
    queued: int = 0
    hits: int = 0
    misses: Counter[Miss] = field(default_factory=Counter)
    refused_early: int = 0
    refused_late: int = 0
    ended_waiting: int = 0
    """Boxes that ended by themselves while they waited."""
    replaced: int = 0
    """Boxes that were given up waiting: too old, too many, or of an image that is no longer ours."""
    queueing: Durations = field(default_factory=Durations)
    making_time: Durations = field(default_factory=Durations)
    removing_time: Durations = field(default_factory=Durations)

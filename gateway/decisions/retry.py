"""How long to wait before the next attempt. Pure.

Exponential backoff with full jitter (the delay is drawn from the whole interval, so that callers who failed together do not
come back together); an upstream's own Retry-After is honoured where it is longer."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST = 0.2
CAP = 5.0
#: Seconds: the first interval, which doubles with every attempt, and its greatest length.


def backoff(attempt: int, retry_after: float | None, random: Callable[[], float]) -> float:
    """Seconds to wait after attempt number `attempt` (from 1). `random` answers in [0, 1)."""
    interval = min(CAP, FIRST * 2.0 ** (attempt - 1))
    return max(random() * interval, retry_after or 0.0)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the Retry-After field (RFC 9110 §10.2.3); None for anything else."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())

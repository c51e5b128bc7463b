"""The Retry-After field, in both its forms. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sandbox.api.result import Head

#: Seconds. A later moment is as good as never, and any number of digits may come.
LONGEST = timedelta(days=366).total_seconds()


def retry_after_of(head: Head, now: datetime) -> float | None:
    """Seconds for which the upstream does not want to be asked again. A date counts from the answer's own Date, where it has
    one: the upstream's clock need not be this host's."""
    return parse_retry_after(head.header("retry-after"), _moment(head.header("date")) or now)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the Retry-After field (RFC 9110 §10.2.3); None for anything else."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST)
    moment = _moment(value)
    return None if moment is None else min(max(0.0, moment.timestamp() - now.timestamp()), LONGEST)


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the second for numbers that no calendar has
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

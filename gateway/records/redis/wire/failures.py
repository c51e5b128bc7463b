"""What went wrong with Redis, as the typed error that has the cure: `failure_rows` has the tables."""

import re
from collections.abc import Iterator

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MasterDownError, NoPermissionError, ReadOnlyError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.model.errors import GatewayOverloaded, StoreUnavailable
from gateway.records.redis.wire.failure_rows import ROWS, SENTINEL_ROWS, FailureRow
from gateway.records.redis.wire.sentinels import PrimaryUnknown

#: All that a command to Redis can raise.
FAILURES = (RedisError, OSError, TimeoutError)

#: The share of a command's time by which the event loop must have been late for the gateway to be at fault.
LATE_SHARE = 1 / 3


def refusal(error: BaseException, *, late: float = 0.0, waited: float = 0.0) -> StoreUnavailable:
    """The typed error. `late`: seconds by which the gateway's event loop was late in the `waited` seconds before it."""
    if isinstance(error, TimeoutError | RedisTimeoutError) and late > waited * LATE_SHARE > 0:
        return GatewayOverloaded(
            f"the gateway is overloaded: its event loop was {late * 1000:.0f} ms late in the {waited * 1000:.0f} ms "
            "in which it waited for Redis"
        )
    causes = list(_causes(error))
    of_sentinels = any(isinstance(one, PrimaryUnknown) for one in causes)
    rows = SENTINEL_ROWS + ROWS if of_sentinels else ROWS
    row: FailureRow = next(row for row in rows if any(_fits(row, one) for one in causes))
    return row.kind(f"{row.says}: {error}".rstrip(": "), cure=row.cure)


def lost_server(error: BaseException) -> bool:
    """Whether connections that are idle now are of no use any more: the server has gone, or is no primary."""
    kinds = RedisConnectionError, ConnectionError, ReadOnlyError, MasterDownError
    return isinstance(error, kinds)


def says_unknown_function(error: BaseException) -> bool:
    return isinstance(error, ResponseError) and "function not found" in str(error).lower()


def says_no_functions(error: BaseException) -> bool:
    """Whether the server has read a library, and found no Functions in it."""
    return isinstance(error, ResponseError) and "no functions registered" in str(error).lower()


def says_config_is_hidden(error: BaseException) -> bool:
    """Whether the server does not let this user, or lets no user, read its settings."""
    unknown = isinstance(error, ResponseError) and "unknown command" in str(error).lower()
    return unknown or isinstance(error, NoPermissionError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _fits(row: FailureRow, error: BaseException) -> bool:
    if isinstance(row.fits, re.Pattern):
        return bool(row.fits.search(str(error)))
    return isinstance(error, row.fits)

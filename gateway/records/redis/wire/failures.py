"""What went wrong with Redis, and what an operator does about it: one table, read from the top.

A row fits where a failure, or what caused it, is of one of its kinds, or says what its pattern looks for. Redis' own words stay
in the message: they name the user and the command.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from redis.exceptions import (
    AskError,
    AuthenticationError,
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.model.errors import GatewayOverloaded, StoreMisconfigured, StoreUnavailable
from gateway.records.redis.wire.connections import NotPrimary
from gateway.records.redis.wire.sentinels import PrimaryUnknown

#: All that a command to Redis can raise.
FAILURES = (RedisError, OSError, TimeoutError)

#: The share of a command's time by which the event loop must have been late for the gateway to be at fault.
LATE_SHARE = 1 / 3

#: What the gateway asks of Redis, as its access control lists name it. `docs/running-redis.md` tells why of each.
GRANTS = (
    "~cg:* -@all +@read +@write +@connection +@transaction -@dangerous -@scripting "
    "+fcall +function|load +time +role +info +wait +waitaof +config|get"
)

_PRIMARY = (
    "Point CALLGATE_REDIS_URL at the primary, or let Sentinels tell which it is: redis+sentinel://host:port,host:port/SERVICE."
)
_CLUSTER = (
    "Point CALLGATE_REDIS_URL at one server that has every slot: a server outside of a cluster, Sentinels "
    "(redis+sentinel://…), or a proxy that speaks to the cluster."
)
_TLS = (
    "Compare CALLGATE_REDIS_URL (rediss:// is TLS), CALLGATE_REDIS_CA_FILE and CALLGATE_REDIS_SERVER_NAME with the certificate "
    "that Redis shows."
)


@dataclass(frozen=True, slots=True)
class FailureRow:
    """`says`: what is wrong, in a clause about Redis."""

    fits: tuple[type[BaseException], ...] | re.Pattern[str]
    says: str
    cure: str
    kind: type[StoreUnavailable] = StoreUnavailable


ROWS = (
    FailureRow(
        (NotPrimary,),
        "the server that was Redis' primary is a replica now",
        "Send the same request again: a failover is under way.",
    ),
    FailureRow(
        (AuthenticationError,),
        "Redis refuses the gateway's login",
        "Correct CALLGATE_REDIS_USER and CALLGATE_REDIS_PASSWORD_FILE (of Sentinels: CALLGATE_REDIS_SENTINEL_…).",
        StoreMisconfigured,
    ),
    FailureRow(
        re.compile("ACL failure in script|can't (run this command|access at least one of the keys)"),
        "Redis does not let the gateway's user run what its Functions need",
        f"Grant it: ACL SETUSER NAME {GRANTS}",
        StoreMisconfigured,
    ),
    FailureRow(
        (NoPermissionError,),
        "Redis does not let the gateway's user do this",
        f"Grant it: ACL SETUSER NAME {GRANTS}",
        StoreMisconfigured,
    ),
    FailureRow(
        (OutOfMemoryError,),
        "Redis' memory is full",
        "Give Redis more memory (`maxmemory`), or delete from it what is not Callgate's. It must evict nothing.",
    ),
    FailureRow(
        (AskError, TryAgainError, ClusterCrossSlotError), "Redis is a cluster of several nodes", _CLUSTER, StoreMisconfigured
    ),
    FailureRow((MasterDownError,), "Redis is a replica that has lost its primary", _PRIMARY),
    FailureRow((ReadOnlyError,), "Redis is a replica, and takes no writes", _PRIMARY),
    FailureRow((ClusterDownError,), "Redis is a cluster that does not serve", f"Mend the cluster (CLUSTER INFO). {_CLUSTER}"),
    FailureRow(
        (BusyLoadingError,), "Redis reads its data from the disk", "Wait until Redis has loaded: its log tells how far it is."
    ),
    FailureRow(
        re.compile("MISCONF"),
        "Redis cannot write to its disk",
        "Look at Redis' log and its disk: it takes no writes until it can save again.",
    ),
    FailureRow(
        re.compile("NOREPLICAS"),
        "Redis has too few replicas that keep up, and takes no writes",
        "See that Redis' replicas run, or lower its `min-replicas-to-write`.",
    ),
    FailureRow(
        re.compile(r"\bBUSY\b"),
        "Redis runs a script that does not end",
        "End it: SCRIPT KILL, or FUNCTION KILL; then find out who started it: Callgate's Functions take a millisecond.",
    ),
    FailureRow(
        re.compile("max number of clients"),
        "Redis has as many clients as it takes",
        "Raise Redis' `maxclients`, and its limit of open files; a gateway has up to 1,200 connections.",
    ),
    FailureRow(
        re.compile("No connection available"),
        "this gateway has as many connections to Redis in use as it may have",
        GatewayOverloaded.cure,
        GatewayOverloaded,
    ),
    FailureRow(
        re.compile("(?i)unknown command.*waitaof"),
        "Redis has no WAITAOF, which CALLGATE_REDIS_WAIT_FSYNCED asks for",
        "Use Redis 7.2 or Valkey, or set CALLGATE_REDIS_WAIT_FSYNCED=false: then replicas answer for their memory alone.",
        StoreMisconfigured,
    ),
    FailureRow(re.compile("cannot be used with replica instances"), "Redis is a replica, and waits for none", _PRIMARY),
    FailureRow(
        re.compile("unknown command|wrong number of arguments"),
        "Redis does not know a command that the gateway needs",
        "Use Redis 7 or Valkey, and let it rename no command.",
        StoreMisconfigured,
    ),
    FailureRow(
        re.compile("DB index is out of range|SELECT is not allowed"),
        "Redis has no such database",
        "Correct the number at the end of CALLGATE_REDIS_URL.",
        StoreMisconfigured,
    ),
    FailureRow(
        (socket.gaierror,),
        "the name of Redis' host does not resolve",
        "Correct CALLGATE_REDIS_URL, or the resolver of the gateway's host.",
    ),
    FailureRow((ssl.SSLCertVerificationError,), "Redis' certificate is not valid for the gateway", _TLS, StoreMisconfigured),
    FailureRow(
        re.compile("(?i)alert.*certificate|certificate.*alert|certificate required"),
        "Redis does not accept the gateway's certificate",
        "Set CALLGATE_REDIS_CERTIFICATE_FILE and CALLGATE_REDIS_KEY_FILE to one that Redis' `tls-ca-cert-file` has signed.",
        StoreMisconfigured,
    ),
    FailureRow((ssl.SSLError,), "TLS to Redis failed", _TLS, StoreMisconfigured),
    FailureRow(
        re.compile("SSL handshake"),
        "Redis did not answer the TLS handshake",
        "Compare CALLGATE_REDIS_URL with Redis' `tls-port`: rediss:// is TLS, redis:// is not. Else look at Redis' load.",
    ),
    FailureRow(
        (PrimaryUnknown,),
        "the Sentinels of Redis know no primary",
        "Wait for the failover to end; else start Redis and its Sentinels, and compare the service in CALLGATE_REDIS_URL.",
    ),
    FailureRow(
        (ConnectionRefusedError,),
        "no Redis listens there",
        "Start Redis and check it with `callgate doctor`; compare CALLGATE_REDIS_URL.",
    ),
    FailureRow(
        (TimeoutError, RedisTimeoutError),
        "Redis did not answer in time",
        "Look at Redis' host: load, disk, network; `callgate doctor` asks it.",
    ),
    FailureRow(
        (RedisConnectionError, OSError),
        "the connection to Redis failed",
        "Start Redis and check it with `callgate doctor`. Where it speaks TLS only, write rediss:// in CALLGATE_REDIS_URL; "
        "where it wants a certificate of its clients, set CALLGATE_REDIS_CERTIFICATE_FILE.",
    ),
    FailureRow((RedisError,), "Redis did not do as asked", "Check Redis with `callgate doctor`; its log may tell more."),
)


def refusal(error: BaseException, *, late: float = 0.0, waited: float = 0.0) -> StoreUnavailable:
    """The typed error. `late`: seconds by which the gateway's event loop was late in the `waited` seconds before it."""
    if isinstance(error, TimeoutError | RedisTimeoutError) and late > waited * LATE_SHARE > 0:
        return GatewayOverloaded(
            f"the gateway is overloaded: its event loop was {late * 1000:.0f} ms late in the {waited * 1000:.0f} ms "
            "in which it waited for Redis"
        )
    row = next(row for row in ROWS if any(_fits(row, one) for one in _causes(error)))
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

"""What an operator does about each failure of Redis: two tables, read from the top.

A row fits where a failure, or what caused it, is of one of its kinds, or says what its pattern looks for. Redis' own words stay
in the message: they name the user and the command.
"""

import re
import socket
import ssl
from dataclasses import dataclass

from redis.exceptions import (
    AskError,
    AuthenticationError,
    BusyLoadingError,
    ClusterCrossSlotError,
    ClusterDownError,
    InvalidResponse,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from gateway.model.errors import GatewayOverloaded, StoreFull, StoreMisconfigured, StoreUnavailable
from gateway.records.redis.wire.connections import NotPrimary
from gateway.records.redis.wire.sentinels import PrimaryUnknown, SentinelFound, ServiceUnknown

#: What the gateway asks of Redis, as its access control lists name it. `docs/running-redis.md` tells why of each.
GRANTS = (
    "~cg:* -@all +@read +@write +@connection +@transaction -@dangerous -@scripting "
    "+fcall +function|load +time +role +info +wait +config|get +bgrewriteaof"
)

_GRANT = f"Grant it, and on Valkey and Redis 7.2 or later +waitaof, too: ACL SETUSER NAME {GRANTS}"

_PRIMARY = (
    "Point CALLGATE_REDIS_URL at the primary, or let Sentinels tell which it is: redis+sentinel://host:port,host:port/SERVICE."
)
_CLUSTER = (
    "Point CALLGATE_REDIS_URL at one server that has every slot: a server outside of a cluster, Sentinels "
    "(redis+sentinel://…), or a proxy that speaks to the cluster."
)
_LOGIN_OF_SENTINELS = (
    "Where a Sentinel is there, correct CALLGATE_REDIS_SENTINEL_USER and CALLGATE_REDIS_SENTINEL_PASSWORD_FILE: the login of "
    "the servers is not shown to it. Where a Redis server is there, no Sentinel answers: let CALLGATE_REDIS_URL name the "
    "Sentinels, which mostly listen on port 26379."
)
_IS_SENTINEL = "what CALLGATE_REDIS_URL names is a Sentinel, and no Redis that keeps data"
_BY_SENTINEL = "Write CALLGATE_REDIS_URL=redis+sentinel://HOST:PORT/SERVICE, with all Sentinels and the service they watch."
_NO_REDIS = "Let CALLGATE_REDIS_URL name the host and port of Redis: another program listens there."
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


#: What a server says to a gateway that shows no password.
_WANTS_LOGIN = re.compile("HELLO must be called with the client already authenticated|NOAUTH|Authentication required")

#: Where no Sentinel named a primary.
SENTINEL_ROWS = (
    FailureRow(
        (ServiceUnknown,),
        "the Sentinels do not know the service that CALLGATE_REDIS_URL names",
        "Correct the service in CALLGATE_REDIS_URL, redis+sentinel://HOST:PORT/SERVICE: the message has those that they know.",
        StoreMisconfigured,
    ),
    FailureRow(
        re.compile("(?i)unknown command.{0,200}sentinel"),
        "no Sentinel answers there, but a Redis server",
        "Let CALLGATE_REDIS_URL name Sentinels, which mostly listen on port 26379; or write redis://HOST:PORT for that server "
        "alone.",
        StoreMisconfigured,
    ),
    FailureRow(
        (InvalidResponse,),
        "no Sentinel answers there, but a program that is no Redis",
        "Let CALLGATE_REDIS_URL name Sentinels, which mostly listen on port 26379; rediss+sentinel:// where they speak TLS.",
        StoreMisconfigured,
    ),
    FailureRow(
        (NoPermissionError,),
        "a Sentinel does not let the gateway's user ask for the primary",
        "Grant it on each Sentinel: ACL SETUSER NAME +sentinel|masters +sentinel|get-master-addr-by-name. Is a Redis server "
        "there, let CALLGATE_REDIS_URL name the Sentinels, which mostly listen on port 26379.",
        StoreMisconfigured,
    ),
    FailureRow(
        _WANTS_LOGIN,
        "what is to be a Sentinel wants a password, and the gateway has none for it",
        _LOGIN_OF_SENTINELS,
        StoreMisconfigured,
    ),
    FailureRow(
        (AuthenticationError,),
        "what is to be a Sentinel refuses the gateway's login",
        _LOGIN_OF_SENTINELS,
        StoreMisconfigured,
    ),
)

#: Of Redis, and of Sentinels where no row of theirs fits.
ROWS = (
    FailureRow((SentinelFound,), _IS_SENTINEL, _BY_SENTINEL, StoreMisconfigured),
    FailureRow(re.compile("(?i)unknown command.{0,200}select"), _IS_SENTINEL, _BY_SENTINEL, StoreMisconfigured),
    FailureRow(
        (NotPrimary,),
        "the server that was Redis' primary is a replica now",
        "Send the same request again: a failover is under way.",
    ),
    FailureRow(
        _WANTS_LOGIN,
        "Redis wants a password, and the gateway has none for it",
        "Set CALLGATE_REDIS_PASSWORD_FILE; and CALLGATE_REDIS_USER, where the password is not the default user's.",
        StoreMisconfigured,
    ),
    FailureRow(
        (AuthenticationError,),
        "Redis refuses the gateway's login",
        "Correct CALLGATE_REDIS_USER and CALLGATE_REDIS_PASSWORD_FILE.",
        StoreMisconfigured,
    ),
    FailureRow(
        re.compile("ACL failure in script|can't (run this command|access at least one of the keys)"),
        "Redis does not let the gateway's user run what its Functions need",
        _GRANT,
        StoreMisconfigured,
    ),
    FailureRow(
        (NoPermissionError,),
        "Redis does not let the gateway's user do this",
        _GRANT,
        StoreMisconfigured,
    ),
    FailureRow(
        (OutOfMemoryError,),
        "Redis' memory is full",
        "Give Redis more memory (`maxmemory`; `callgate up --redis-memory`), let tenants keep less (CALLGATE_QUOTA_…), or "
        "delete recordings (`callgate run delete`) and what is not Callgate's. It must evict nothing.",
        StoreFull,
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
        re.compile("(?i)unknown command.{0,200}waitaof"),
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
    FailureRow(
        re.compile("local issuer certificate|self[- ]signed certificate"),
        "Redis' certificate is signed by an authority that the gateway does not trust",
        "Set CALLGATE_REDIS_CA_FILE to the PEM file of the authority that signed it; without that setting, the system's count.",
        StoreMisconfigured,
    ),
    FailureRow(
        re.compile("certificate is not valid for|(Hostname|IP address) mismatch"),
        "Redis' certificate has another name than the address that the gateway connects to",
        "Set CALLGATE_REDIS_SERVER_NAME to the name in the certificate, or let CALLGATE_REDIS_URL name the host by it.",
        StoreMisconfigured,
    ),
    FailureRow((ssl.SSLCertVerificationError,), "Redis' certificate is not valid for the gateway", _TLS, StoreMisconfigured),
    FailureRow(
        re.compile("(?i)alert.{0,200}certificate|certificate.{0,200}alert|certificate required"),
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
        re.compile(r'Protocol error, got "\\x1[56]"'),
        "Redis speaks TLS there, and the gateway does not",
        "Write rediss:// in CALLGATE_REDIS_URL: then the gateway speaks TLS.",
        StoreMisconfigured,
    ),
    FailureRow((InvalidResponse,), "what answers there is no Redis", _NO_REDIS, StoreMisconfigured),
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

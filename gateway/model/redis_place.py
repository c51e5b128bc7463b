"""Where Redis is, as `CALLGATE_REDIS_URL` tells it: one server, or the Sentinels that know the primary of a service."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

SERVER_PORT, SENTINEL_PORT = 6379, 26379
SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisPlace:
    """`hosts`: the server's one address, or each Sentinel's where there is a `service`. `socket`: a Unix socket in their place.

    User and password are those of the servers, never those of the Sentinels.
    """

    hosts: tuple[Address, ...] = ()
    service: str = ""
    socket: str = ""
    database: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False


def redis_place(url: str) -> RedisPlace:
    """Read a URL: `redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `rediss+sentinel://`.

    Raises ValueError with what is wrong. The message repeats no part of the URL that may be a password.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError(f"its scheme is none of {', '.join(SCHEMES)}")
    login, _, place = rest.rpartition("@")
    user, _, password = login.partition(":")
    credentials = {"user": unquote(user) or None, "password": unquote(password) or None}
    if scheme == "unix":
        return _socket(place, credentials)
    if "?" in place or "#" in place:
        raise ValueError("it has parameters: each has a setting of its own, CALLGATE_REDIS_…")
    authority, _, path = place.partition("/")
    family, _, sentinel = scheme.partition("+")
    service, path = _service(path) if sentinel else ("", path)
    port = SENTINEL_PORT if sentinel else SERVER_PORT
    hosts = tuple(_address(one, port) for one in authority.split(","))
    if len(hosts) > 1 and not sentinel:
        raise ValueError("it names several servers: only redis+sentinel:// knows which of them is the primary")
    return RedisPlace(hosts=hosts, service=service, database=_database(path), tls=family == "rediss", **credentials)  # type: ignore[arg-type]


def without_login(url: str) -> str:
    """The URL as people may read it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _service(path: str) -> tuple[str, str]:
    service, _, database = path.partition("/")
    if not service:
        raise ValueError("it names no service: redis+sentinel://host:port,host:port/SERVICE")
    return unquote(service), database


def _socket(place: str, credentials: dict[str, str | None]) -> RedisPlace:
    """`unix://PATH` with, if need be, `?db=N`: a path has no other place for it."""
    path, _, query = place.partition("?")
    given = parse_qs(query, keep_blank_values=True)
    if given.keys() - {"db"} or not path.startswith("/"):
        raise ValueError("a Unix socket is unix:///PATH or unix:///PATH?db=N")
    return RedisPlace(socket=unquote(path), database=_database(given.get("db", ["0"])[-1]), **credentials)  # type: ignore[arg-type]


def _address(text: str, port: int) -> Address:
    try:
        found: SplitResult = urlsplit(f"//{text}")
        if found.hostname and not found.path:
            return found.hostname, found.port or port
    except ValueError:  # a port that is none, an address without its bracket
        pass
    raise ValueError("each server is host:port")


def _database(text: str) -> int:
    if text and not text.isdecimal():
        raise ValueError("its database is no number")
    return int(text or 0)

"""Where the door for MCP by HTTP listens, and as what its clients know it."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.model.local_address import is_local

#: Where it is found under its address, and in a URL that an operator writes.
PATH = "/mcp"
#: What a client may call this machine that is on it.
LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """Raises ValueError for what would leave the door open to others, or without a name."""

    listen: str
    """`host:port` or `unix:PATH`. Anything but loopback or a Unix socket needs the gateway's certificate."""
    url: str | None = None
    """`http[s]://host[:port]/path`, where a proxy stands before it."""
    hosts: tuple[str, ...] = ()
    """Further names that a request may be for."""
    origins: tuple[str, ...] = ()
    """`scheme://host[:port]` of web pages that may ask, beside those that come from the door's own hosts."""
    tls: bool = False

    def __post_init__(self) -> None:
        if not (self.tls or is_local(self.listen)):
            what = f"CALLGATE_MCP_LISTEN={self.listen} would send bearer tokens in the clear"
            raise ValueError(f"{what}: set a certificate, or listen on loopback")
        for origin in self.origins:
            if origin != origin_of(origin):
                raise ValueError(f"CALLGATE_MCP_ORIGINS has {origin!r}, which is no origin: write https://host, without a path")
        if self.url is not None:
            self._check_url(self.url)
        elif not _name(self.listen):
            raise ValueError(
                f"CALLGATE_MCP_LISTEN={self.listen} has no name that clients could know it by: set CALLGATE_MCP_URL, too"
            )

    @property
    def resource(self) -> str:
        """The URL by which clients know it: RFC 9728's resource."""
        if self.url is not None:
            return self.url
        return f"{'https' if self.tls else 'http'}://{_name(self.listen)}:{self.listen.rpartition(':')[2]}{PATH}"

    @property
    def names(self) -> frozenset[str]:
        """The hosts that a request may be for, in lower case, without ports."""
        own = host_of(urlsplit(self.resource).netloc)
        listed = {own, *(host_of(host) for host in self.hosts)}
        return frozenset(listed | LOOPBACK if is_local(self.listen) and not self.listen.startswith("unix:") else listed)

    def _check_url(self, url: str) -> None:
        if not _is_whole(url):
            raise ValueError(f"CALLGATE_MCP_URL={url} is not https://host{PATH}, with a path before that or none")
        parts = urlsplit(url)
        if parts.scheme == "http" and host_of(parts.netloc) not in LOOPBACK:
            raise ValueError(f"CALLGATE_MCP_URL={url} would show bearer tokens to a network: it must be https")


def _is_whole(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    more = parts.query or parts.fragment or parts.username
    return parts.scheme in {"http", "https"} and bool(host) and not more and parts.path.endswith(PATH)


def host_of(netloc: str) -> str:
    """The host of `host[:port]`, in lower case; of an address of IPv6 with its brackets."""
    if netloc.startswith("["):
        return netloc.partition("]")[0].lower() + "]"
    return netloc.partition(":")[0].lower()


def origin_of(url: str) -> str | None:
    """The origin of a URL as browsers write it (RFC 6454), None where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else None


def _name(listen: str) -> str:
    """The host of an address, "" where it is every address, or a path."""
    if listen.startswith("unix:"):
        return ""
    host = listen.rpartition(":")[0]
    try:
        return "" if ip_address(host.strip("[]")).is_unspecified else host
    except ValueError:
        return host

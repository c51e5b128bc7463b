"""By which HTTP proxy a host is reached, as an operator says it: one for all, others for some hosts, and exceptions."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

#: What an operator writes of a host: a name, `.example` or `*.example` for all below it, an address, a network, or `*`.
EVERY = "*"
_CURE_OF_LOGIN = "write user and password into a file, and name that by CALLGATE_PROXY_LOGIN_FILE"


@dataclass(frozen=True, slots=True)
class HostPattern:
    """`port` None: any."""

    host: str
    port: int | None = None

    def matches(self, host: str, port: int) -> bool:
        if self.port not in (None, port):
            return False
        name = host.lower().rstrip(".")
        return self.host in {EVERY, name} or self._is_below(name) or self._has(name)

    def _is_below(self, name: str) -> bool:
        return self.host.startswith(".") and (name.endswith(self.host) or name == self.host[1:])

    def _has(self, name: str) -> bool:
        """Whether the name is an address in the pattern's network. A name's addresses are not asked for."""
        try:
            return ip_address(name.strip("[]")) in ip_network(self.host)
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class ProxyPlace:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ProxyRule:
    """`pattern`: for which hosts; None: for those that no other rule names."""

    place: ProxyPlace
    pattern: HostPattern | None = None


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The rules of CALLGATE_PROXY, in the operator's order, and the exceptions of CALLGATE_NO_PROXY."""

    rules: tuple[ProxyRule, ...] = ()
    exceptions: tuple[HostPattern, ...] = ()

    @property
    def places(self) -> tuple[ProxyPlace, ...]:
        return tuple(dict.fromkeys(rule.place for rule in self.rules))

    def place_for(self, host: str, port: int) -> ProxyPlace | None:
        """The proxy of the first rule that names the host, else the one for all; None: it is reached without."""
        if any(one.matches(host, port) for one in self.exceptions):
            return None
        named = (rule.place for rule in self.rules if rule.pattern and rule.pattern.matches(host, port))
        return next(named, next((rule.place for rule in self.rules if rule.pattern is None), None))


def proxy_rules(text: str) -> tuple[ProxyRule, ...]:
    """`http://host:port`, or `PATTERN=http://host:port`, comma separated. Raises ValueError, which names no login."""
    rules = tuple(_rule(part) for part in _parts(text))
    if sum(rule.pattern is None for rule in rules) > 1:
        raise ValueError("it names two proxies for all hosts: write PATTERN=http://host:port for some of them")
    return rules


def host_patterns(text: str) -> tuple[HostPattern, ...]:
    """Patterns, comma separated, each with `:port` behind it or none. Raises ValueError."""
    return tuple(_pattern(part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _rule(text: str) -> ProxyRule:
    pattern, sign, url = text.partition("=")
    return ProxyRule(_place(url), _pattern(pattern.strip())) if sign else ProxyRule(_place(text))


def _place(url: str) -> ProxyPlace:
    """The URL is not repeated: it may hold a password."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ValueError("a proxy is written as http://host:port") from None
    if "@" in parts.netloc:
        raise ValueError(f"a proxy's address holds a login: {_CURE_OF_LOGIN}")
    if parts.scheme == "https":
        raise ValueError("a proxy is spoken to in the clear: write http://host:port. Upstreams' TLS passes through it whole")
    if parts.scheme != "http" or not parts.hostname or not port or parts.path not in ("", "/") or parts.query:
        raise ValueError("a proxy is written as http://host:port, and nothing beyond")
    return ProxyPlace(parts.hostname, port)


def _pattern(text: str) -> HostPattern:
    host, port = _split(text.lower())
    if host.startswith("*."):
        host = host[1:]
    if not host or (host != EVERY and "*" in host):
        raise ValueError(f"{text!r} is no host: write a name, .example for all below it, an address, a network, or *")
    if "/" in host:
        _ = ip_network(host)
    return HostPattern(host, port)


def _split(text: str) -> tuple[str, int | None]:
    """A host, and the port behind it. An IPv6 address that has one stands in brackets."""
    if text.startswith("[") and "]" in text:
        host, _, rest = text[1:].partition("]")
        return host, _port(rest.removeprefix(":")) if rest else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, _port(port)
    return text, None


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 1 << 16:
        raise ValueError(f"{port} is no port")
    return port

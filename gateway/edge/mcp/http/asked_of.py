"""For whom a request is meant, and from which web page it comes.

A page whose name its owner lets lead to this machine makes a browser here ask it (DNS rebinding). Such a request is for the
page's host, and says so. What comes from a page of another host is refused, too, unless the operator has named its origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from gateway.edge.mcp.http.refusals import Headers, Refused
from gateway.model.mcp_settings import LOOPBACK, host_of, origin_of

METHODS = "GET, POST, DELETE"
#: What a page may send, and may see, beside what every page may.
SENT = "Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name"
SEEN = "Mcp-Session-Id, WWW-Authenticate, Retry-After"
#: Seconds for which a browser remembers that it may.
REMEMBERED = 600


@dataclass(frozen=True, slots=True)
class AskedOf:
    """`names`: the hosts that a request may be for. `origins`: those of further pages. `scheme`: the door's own."""

    names: frozenset[str]
    origins: frozenset[str]
    scheme: str

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises Refused."""
        if host_of(headers.get("host", "")) not in self.names:
            cure = "Ask for the host that its operator has told you. An operator names further ones by CALLGATE_MCP_HOSTS."
            raise Refused(HTTPStatus.FORBIDDEN, "this door is not the host that was asked for", cure)
        if (origin := headers.get("origin")) is not None and not self._allows(origin):
            cure = "Let its operator name the page's origin by CALLGATE_MCP_ORIGINS."
            raise Refused(HTTPStatus.FORBIDDEN, "this page may not ask here", cure)

    def _allows(self, origin: str) -> bool:
        whole = origin_of(origin)
        if whole is None:  # `null`, of a page without a place of its own
            return False
        scheme, _, place = whole.partition("://")
        host = host_of(place)
        own = host in self.names and (scheme == self.scheme or (scheme == "http" and host in LOOPBACK))
        return own or whole in self.origins


def for_page(headers: Mapping[str, str]) -> Headers:
    """What lets a page see the answer. The origin was checked."""
    origin = headers.get("origin")
    if origin is None:
        return ()
    return (
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", SEEN.encode()),
        (b"vary", b"origin"),
    )


def preflight(headers: Mapping[str, str]) -> Headers:
    """The answer to a browser that asks what a page may send."""
    return (
        *for_page(headers),
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", SENT.encode()),
        (b"access-control-max-age", str(REMEMBERED).encode()),
    )

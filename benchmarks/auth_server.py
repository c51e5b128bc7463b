"""An API that lets a request in only with each credential that its document requires, in the very place that the document says.

Each API has a door of its own, which the first segment of the path names. Tokens are those that authlib's authorization server
has given; signatures for AWS are made again by botocore; certificates of clients are looked at by TLS itself.
"""

import base64
import secrets
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.e2e.hostile import Received
from tests.keys_and_streams.oauth_server import GivenToken, OAuthServer, RegisteredClient
from tests.real_apis.recipes import Answer, answer

#: Why a request is not let in; empty: it is.
Check = Callable[[Received], str]

NO_TOKEN = "no token of this client's"
_NO_TOKEN = 'WWW-Authenticate: Bearer error="invalid_token"'


class VerifyingServer(OAuthServer):
    """`let_in` and `refused` count each door's requests. No door: refused."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls, "")
        self.let_in: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._doors: dict[str, tuple[Check, ...]] = {}
        self._shown = threading.local()

    def open(self, door: str, checks: tuple[Check, ...]) -> str:
        """The URL of an API that makes these checks, all of them. Raises ValueError without any: it would let all in."""
        if not checks:
            raise ValueError("a door without a check")
        self._doors[door] = checks
        return f"{self.url}/{door}"

    def told(self, request: Received) -> Answer:
        if request.path == "/token":
            return super().told(request)
        door = urlsplit(request.path).path.split("/")[1]
        checks = self._doors.get(door, (lambda _: "no such door",))
        if why := next((why for check in checks if (why := check(request))), ""):
            self.refused[door] += 1
            return answer(401, b"{}", _NO_TOKEN) if why == NO_TOKEN else answer(403, f'{{"why": "{why}"}}'.encode())
        self.let_in[door] += 1
        return answer(200)

    def note(self, certificate: dict[str, Any] | None) -> None:
        super().note(certificate)
        self._shown.name = self.subjects[-1]

    def certificate_of(self, name: str) -> Check:
        """TLS has verified the certificate before; whose it is, is seen in the thread of its connection."""
        return lambda _: "" if self._shown.name == name else "another certificate, or none"

    def token_of(self, client: str, scopes: tuple[str, ...]) -> Check:
        """A token that the authorization server has given this client, for at least these scopes, and has not revoked."""

        def check(request: Received) -> str:
            kind, _, shown = request.headers.get("authorization", "").partition(" ")
            given = self.server.tokens.get(shown)
            if kind != "Bearer" or given is None or given.revoked or given.client_id != client:
                return NO_TOKEN
            return "" if set(scopes) <= set(given.scope.split()) else "the token has not each scope"

        return check

    def register(self, client: str, secret: str, scopes: tuple[str, ...]) -> str:
        """A client, and a refresh token as a person's consent would give it."""
        self.server.clients[client] = RegisteredClient(client, secret, scopes)
        first, refresh = (f"{kind}-{secrets.token_urlsafe(24)}" for kind in ("at", "rt"))
        self.server.tokens[first] = GivenToken(client, first, refresh, " ".join(scopes))
        return refresh

    def revoke(self, client: str) -> None:
        for token in self.server.tokens.values():
            token.revoked |= token.client_id == client


def key_at(place: str, name: str, value: str) -> Check:
    def check(request: Received) -> str:
        return "" if _values(request, place, name) == [value] else f"another {place} {name}, or none"

    return check


def authorization(kind: str, value: str) -> Check:
    """Of HTTP: the kind's name is the same in any case (RFC 9110 §11.1)."""

    def check(request: Received) -> str:
        told, _, shown = request.headers.get("authorization", "").partition(" ")
        return "" if (told.lower(), shown) == (kind, value) else f"another authorization by {kind}, or none"

    return check


def basic(user: str, password: str) -> Check:
    return authorization("basic", base64.b64encode(f"{user}:{password}".encode()).decode())


def _values(request: Received, place: str, name: str) -> list[str]:
    if place == "query":
        return parse_qs(urlsplit(request.path).query).get(name, [])
    if place == "cookie":
        return [value for key, value in _cookies(request.headers) if key == name]
    return [request.headers[name]] if name in request.headers else []


def _cookies(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return [(name, value) for name, _, value in pairs]

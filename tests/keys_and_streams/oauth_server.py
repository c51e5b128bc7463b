"""authlib's authorization server with an API beside it, at one TLS server: every token is checked by who has given it."""

import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidGrantError, InvalidRequestError, TokenMixin, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7523 import JWTBearerGrant

from tests.e2e.hostile import Received
from tests.real_apis.recipes import Answer, answer
from tests.real_apis.tls_upstream import TlsRecipes


@dataclass
class RegisteredClient(ClientMixin):  # type: ignore[misc]  # authlib has no types
    client_id: str
    secret: str
    scopes: tuple[str, ...]
    auth: str = "client_secret_basic"

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.secret, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.auth

    def check_grant_type(self, grant_type: str) -> bool:
        return True

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = (scope or " ".join(self.scopes)).split()
        return " ".join(asked) if set(asked) <= set(self.scopes) else None


@dataclass
class GivenToken(TokenMixin):  # type: ignore[misc]
    client_id: str
    access: str
    refresh: str
    scope: str
    revoked: bool = False
    spent: bool = False

    def check_client(self, client: RegisteredClient) -> bool:
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        return self.scope


class AuthlibRequest(OAuth2Request):  # type: ignore[misc]
    def __init__(self, method: str, uri: str, headers: Mapping[str, str], form: dict[str, str]) -> None:
        super().__init__(method, uri, headers=headers)
        self.payload, self._form = BasicOAuth2Payload(form), form

    @property
    def form(self) -> dict[str, str]:
        return self._form

    @property
    def args(self) -> dict[str, str]:
        return {}


class Server(AuthorizationServer):  # type: ignore[misc]
    """`tokens` are all that it ever gave, by their access tokens."""

    def __init__(self, lifetime: int) -> None:
        super().__init__()
        self.clients: dict[str, RegisteredClient] = {}
        self.tokens: dict[str, GivenToken] = {}
        make = BearerTokenGenerator(
            lambda **_: f"at-{secrets.token_urlsafe(24)}", lambda **_: f"rt-{secrets.token_urlsafe(24)}", lambda *_: lifetime
        )
        self.register_token_generator("default", make)
        self.register_grant(_OfClients)
        self.register_grant(_Rotating)
        self.register_grant(_Asserting)
        self.register_grant(_Exchanging)
        self.keys: dict[str, Any] = {}
        self.subjects: set[str] = set()

    def query_client(self, client_id: str) -> RegisteredClient | None:
        return self.clients.get(client_id)

    def save_token(self, token: Mapping[str, Any], request: OAuth2Request) -> None:
        access, refresh = token["access_token"], token.get("refresh_token", "")
        self.tokens[access] = GivenToken(request.client.client_id, access, refresh, token.get("scope", ""))

    def by_refresh(self, refresh: str) -> GivenToken | None:
        return next((one for one in self.tokens.values() if one.refresh == refresh), None)

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Answer:
        lines = [f"{name}: {value}" for name, value in headers if name == "Location"]
        return answer(status, json.dumps(body).encode(), *lines)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """There is no listener."""


_SHOWN = ("client_secret_basic", "client_secret_post", "none")


class _OfClients(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _SHOWN


class _Rotating(grants.RefreshTokenGrant):  # type: ignore[misc]
    """Gives a new refresh token each time. Who shows one for the second time loses all (RFC 9700 §4.14.2)."""

    INCLUDE_NEW_REFRESH_TOKEN = True
    TOKEN_ENDPOINT_AUTH_METHODS = _SHOWN

    def authenticate_refresh_token(self, refresh_token: str) -> GivenToken | None:
        found = self.server.by_refresh(refresh_token)
        if found is not None and found.spent:
            for one in self.server.tokens.values():
                one.revoked = True
        return None if found is None or found.revoked else found

    def authenticate_user(self, refresh_token: GivenToken) -> str:
        return "ada"

    def revoke_old_credential(self, refresh_token: GivenToken) -> None:
        refresh_token.spent = True


class _Asserting(JWTBearerGrant):  # type: ignore[misc]
    """`keys` are the public ones, by issuer."""

    def get_audiences(self) -> list[str]:
        return ["https://login.example"]

    def resolve_issuer_client(self, issuer: str) -> RegisteredClient | None:
        found: RegisteredClient | None = self.server.query_client(issuer)
        return found

    def resolve_client_public_key(self, client: RegisteredClient) -> Any:
        return self.server.keys[client.client_id]

    def authenticate_user(self, subject: str) -> str:
        return subject

    def has_granted_permission(self, client: RegisteredClient, user: str) -> bool:
        return user == "ada"


class _Exchanging(grants.BaseGrant, grants.TokenEndpointMixin):  # type: ignore[misc]
    """RFC 8693, which authlib does not have: `subjects` are the tokens that it exchanges."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
    TOKEN_ENDPOINT_AUTH_METHODS = _SHOWN

    def validate_token_request(self) -> None:
        self.request.client = self.authenticate_token_endpoint_client()
        form = self.request.form
        if form.get("subject_token_type") != "urn:ietf:params:oauth:token-type:access_token":
            raise InvalidRequestError("of another type")
        if form.get("subject_token") not in self.server.subjects:
            raise InvalidGrantError("no such subject")

    def create_token_response(self) -> tuple[int, Any, Any]:
        token = self.generate_token(user="ada", scope=self.request.payload.scope, include_refresh_token=False)
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class OAuthServer(TlsRecipes):
    """`/token` is authlib's; `/things` wants a token of its with the scope `things.read`."""

    def __init__(self, tls: ssl.SSLContext, name: str, lifetime: int = 3600) -> None:
        super().__init__(tls, name=name)
        self.server = Server(lifetime)

    def told(self, request: Received) -> Answer:
        if request.path == "/token":
            return self._token(request)
        if request.path == "/things":
            return self._things(request)
        return super().told(request)

    def _token(self, request: Received) -> Answer:
        form = dict(parse_qsl(request.raw.partition(b"\r\n\r\n")[2].decode()))
        headers = {"Authorization": request.headers.get("authorization", "")}
        made: Answer = self.server.create_token_response(AuthlibRequest("POST", f"{self.url}/token", headers, form))
        return made

    def _things(self, request: Received) -> Answer:
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        found = self.server.tokens.get(shown)
        if kind != "Bearer" or found is None or found.revoked:
            return answer(401, b"{}", 'WWW-Authenticate: Bearer error="invalid_token"')
        if "things.read" not in found.scope.split():
            return answer(403, b"{}", 'WWW-Authenticate: Bearer error="insufficient_scope"')
        return answer(200, b'{"ok": true}')

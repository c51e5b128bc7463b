"""authlib's authorization server with what a person takes part in: codes with PKCE, devices, and revocation."""

import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, grants
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant, DeviceCredentialDict

from tests.e2e.hostile import Received
from tests.real_apis.recipes import Answer

from .oauth_server import AuthlibRequest, GivenToken, OAuthServer, RegisteredClient

_SHOWN = ["client_secret_basic", "client_secret_post", "none"]


class ConsentingClient(RegisteredClient):
    """`gives_refresh_tokens`: whether what it gets can be renewed."""

    gives_refresh_tokens = True

    def get_client_id(self) -> str:
        return self.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type != "refresh_token" or self.gives_refresh_tokens

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.startswith("http://127.0.0.1:")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"


@dataclass
class GivenCode(AuthorizationCodeMixin):  # type: ignore[misc]  # authlib has no types
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    user: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class _Codes(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = _SHOWN

    def save_authorization_code(self, code: str, request: Any) -> None:
        said = request.payload
        self.server.codes[code] = GivenCode(
            code, request.client.client_id, said.redirect_uri, said.scope or "", request.user,
            said.data["code_challenge"], said.data["code_challenge_method"],
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: RegisteredClient) -> GivenCode | None:
        found = self.server.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: GivenCode) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: GivenCode) -> str:
        return authorization_code.user


class _Devices(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = _SHOWN
    EXPIRES_IN, INTERVAL = 600, 1

    def get_verification_uri(self) -> str:
        return "https://login.example/device"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        lives = self.server.device_life
        self.server.devices[data["device_code"]] = DeviceCredentialDict(
            client_id=client_id, scope=scope, user_code=data["user_code"], expires_at=time.time() + lives
        )


class _OfDevices(DeviceCodeGrant):  # type: ignore[misc]
    def query_device_credential(self, device_code: str) -> Any:
        return self.server.devices.get(device_code)

    def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
        found: tuple[str, bool] | None = self.server.approvals.get(user_code)
        return found

    def should_slow_down(self, credential: Any) -> bool:
        return bool(self.server.slow_downs and self.server.slow_downs.pop())


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = _SHOWN

    def query_token(self, token_string: str, token_type_hint: str | None) -> GivenToken | None:
        found: GivenToken | None = self.server.tokens.get(token_string) or self.server.by_refresh(token_string)
        return found

    def revoke_token(self, token: GivenToken, request: Any) -> None:
        token.revoked = True


class _FromUrl(AuthlibRequest):
    @property
    def args(self) -> dict[str, str]:
        return dict(self.payload.data)


@dataclass
class Person:
    """Who is at the browser: what each visit to `/authorize` is answered with, in this person's name."""

    name: str = "ada"
    consents: bool = True


class ConsentServer(OAuthServer):
    """`/authorize` asks `person`, at once; `/device` gives codes, which `decide` settles; `/revoke` takes back. What is told
    of a route by `tell` comes in its place."""

    person: Person

    def __init__(self, tls: ssl.SSLContext, name: str, lifetime: int = 3600) -> None:
        super().__init__(tls, name, lifetime)
        self.person = Person()
        server: Any = self.server
        server.codes, server.devices, server.approvals = {}, {}, {}
        server.device_life, server.slow_downs = 600.0, []
        server.register_grant(_Codes, [CodeChallenge(required=True)])
        server.register_grant(_OfDevices)
        server.register_endpoint(_Devices)
        server.register_endpoint(_Revocation)

    def told(self, request: Received) -> Answer:
        routes = {"/authorize": self._authorize, "/device": self._device, "/revoke": self._revoke}
        path = urlsplit(request.path).path
        if self._told.get((request.method, path)):
            return super(OAuthServer, self).told(request)
        found = routes.get(path)
        return found(request) if found else super().told(request)

    def forget(self, method: str, path: str) -> None:
        """Answer the route as ever again."""
        self._told.pop((method, path), None)

    def decide(self, *, consents: bool) -> None:
        """What the person says of all codes that devices have."""
        for one in self.server.devices.values():
            self.server.approvals[one["user_code"]] = (self.person.name, consents)

    @property
    def granted(self) -> list[GivenToken]:
        return list(self.server.tokens.values())

    def _authorize(self, request: Received) -> Answer:
        asked = _FromUrl("GET", f"{self.url}{request.path}", {}, dict(parse_qsl(urlsplit(request.path).query)))
        grant = self.server.get_consent_grant(asked, end_user=self.person.name)
        user = self.person.name if self.person.consents else None
        asked.user = user
        made: Answer = self.server.create_authorization_response(asked, grant_user=user, grant=grant)
        return made

    def _device(self, request: Received) -> Answer:
        made: Answer = self.server.create_endpoint_response("device_authorization", self._form(request, "/device"))
        return made

    def _revoke(self, request: Received) -> Answer:
        made: Answer = self.server.create_endpoint_response("revocation", self._form(request, "/revoke"))
        return made

    def _form(self, request: Received, path: str) -> AuthlibRequest:
        form = dict(parse_qsl(request.raw.partition(b"\r\n\r\n")[2].decode()))
        headers = {"Authorization": request.headers.get("authorization", "")}
        return AuthlibRequest("POST", f"{self.url}{path}", headers, form)

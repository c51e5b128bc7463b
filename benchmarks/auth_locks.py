"""For each scheme of an operation's requirement: the secret that opens it, one that does not, and the server's check."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.auth_kinds import AWS, CERTIFICATE, Alternative, Part
from benchmarks.auth_manifest import KEY, KEY_ID, USER, VALUE
from benchmarks.auth_server import Check, VerifyingServer, authorization, basic, key_at
from tests.keys_and_streams.signatures import ID, SECRET, by_botocore
from tests.real_apis.certificates import Authority

Fields = Mapping[str, str]


def _nothing() -> None:
    """No token is there that would do in the secret's place."""


@dataclass(frozen=True, slots=True)
class Lock:
    """`right` and `wrong` are what lies in Vault, by its fields: the wrong one differs in nothing but the secret itself.
    `forget`: let go of what was obtained for the right one."""

    right: Fields
    wrong: Fields
    check: Check
    forget: Callable[[], None] = field(default=_nothing)


class Locksmith:
    def __init__(self, server: VerifyingServer, clients: Authority) -> None:
        """`clients` is the authority that the server's TLS believes of its clients."""
        self._server, self._clients = server, clients

    def locks(self, alternative: Alternative, paths: Mapping[str, str]) -> dict[str, Lock]:
        """One for each secret, by its path. Schemes that have one client together want one token, for the scopes of all.

        Clients come last: a gateway does not at once ask again for a token that was refused.
        """
        made: dict[str, Lock] = {}
        for name, part in sorted(alternative.parts.items(), key=lambda item: item[1].is_token):
            path = paths[name]
            scopes = {one for other, said in alternative.scopes.items() if paths[other] == path for one in said}
            if path not in made:
                made[path] = self._lock(part, tuple(sorted(scopes)))
        return made

    def _lock(self, part: Part, scopes: tuple[str, ...]) -> Lock:
        value, other = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        if part.is_token:
            return self._client(value, other, scopes)
        if part.kind == CERTIFICATE:
            return self._certificate(value, other)
        if part.kind == AWS:
            key = {KEY_ID: ID, KEY: SECRET}
            return Lock(key, key | {KEY: other}, by_botocore(part.place, part.name))
        if part.kind == "http basic":
            return Lock({USER: "ada", VALUE: value}, {USER: "ada", VALUE: other}, basic("ada", value))
        check = key_at(part.place, part.name, value) if part.is_key else authorization("bearer", value)
        return Lock({VALUE: value}, {VALUE: other}, check)

    def _client(self, secret: str, other: str, scopes: tuple[str, ...]) -> Lock:
        client = f"client-{secrets.token_hex(8)}"
        refresh = self._server.register(client, secret, scopes)
        right = {"client_id": client, "client_secret": secret, "refresh_token": refresh}
        check = self._server.token_of(client, scopes)
        return Lock(right, right | {"client_secret": other}, check, lambda: self._server.revoke(client))

    def _certificate(self, name: str, other: str) -> Lock:
        right, wrong = (self._clients.pair(one) for one in (name, other))
        fields = [{"certificate": one.certificate, "private_key": one.key} for one in (right, wrong)]
        return Lock(fields[0], fields[1], self._server.certificate_of(name))

"""An API whose tools need a token, and a token endpoint that answers by recipe, both by TLS, in a gateway that trusts them."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
import redis as library

from callgate import Client, Invocation, RetryPolicy
from callgate.errors import CallgateError
from tests.e2e.hostile import Received
from tests.real_apis.certificates import server_context
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.out import Out
from tests.real_apis.recipes import Answer, answer
from tests.real_apis.tls_upstream import TlsRecipes

SCHEME = "oauth"
PATHS: Json = {
    "/things": {
        "get": {"operationId": "look", "security": [{SCHEME: ["things.read"]}]},
        "post": {"operationId": "act", "security": [{SCHEME: ["things.read"]}]},
    }
}
SECRET: Mapping[str, str] = {"client_id": "the client", "client_secret": "s3cret/of the+client"}
REFUSED = answer(401, b'{"error": "who?"}', 'WWW-Authenticate: Bearer realm="things", error="invalid_token"')


class After:
    """An answer before which something happens."""

    def __init__(self, happens: Callable[[], object], then: Answer) -> None:
        self._happens, self._then = happens, then

    def __iter__(self) -> Iterator[bytes]:
        self._happens()
        yield from self._then

    def __len__(self) -> int:
        return len(self._then)

    def __getitem__(self, index: Any) -> Any:
        return self._then[index]


@dataclass
class TokenApi:
    """`secret`: what lies in Vault for the client, by its fields."""

    out: Out
    upstream: TlsRecipes
    situate: Situate
    secret: dict[str, str] = field(default_factory=lambda: dict(SECRET))
    name: str = field(default_factory=lambda: f"oauth-{secrets.token_hex(4)}")
    situation: Situation | None = None

    @property
    def path(self) -> str:
        return f"secret/data/{self.name}"

    def offer(self, token: Json | None = None, **manifest: Any) -> Situation:
        """Import the tools, each with its roles; the endpoint is at /token, as the document's flow says."""
        flow = {"tokenUrl": f"{self.upstream.url}/token", "scopes": {"things.read": "Reads."}}
        scheme = {"type": "oauth2", "flows": {"clientCredentials": flow}}
        credentials = {SCHEME: {"path": self.path, "token": token or {}}}
        self.situation = self.situate(
            PATHS,
            server=self.upstream.url,
            components={"securitySchemes": {SCHEME: scheme}},
            manifest={"credentials": credentials, **manifest},
        )
        self.store()
        return self.situation

    def store(self, **fields: str) -> None:
        """Put the client's secret into Vault, with these fields changed."""
        self.secret |= fields
        assert self.situation is not None
        self.situation.house.store(self.situation.report, {self.path: self.secret})

    def grants(self, *answers: Answer | After) -> None:
        self.upstream.tell("POST", "/token", *cast("tuple[Answer, ...]", answers))

    def serves(self, *answers: Answer) -> None:
        for method in ("GET", "POST"):
            self.upstream.tell(method, "/things", *(answers or (answer(200, b'{"ok": true}'),)))

    def call(self, operation: str = "look", client: Client | None = None, **options: Any) -> Invocation:
        assert self.situation is not None
        return (client or self.out.client).call(self.situation.name(operation), {}, **options)

    def call_or_refusal(self) -> Invocation | CallgateError:
        try:
            return self.call()
        except CallgateError as refusal:
            return refusal

    def refusal(self, operation: str = "look", **options: Any) -> CallgateError:
        return self.refusal_of(self.out, operation, **options)

    def refusal_of(self, gateway: Out, operation: str = "look", **options: Any) -> CallgateError:
        """Why a gateway refuses the call, by a client that does not try again."""
        address, token = gateway.address, gateway.house.state.token.read_text()
        with Client(address, token=token, retry=RetryPolicy(patience=0)) as hasty, pytest.raises(CallgateError) as refused:
            self.call(operation, hasty, **options)
        return refused.value

    def at_once(self, count: int, *clients: Client) -> list[Invocation]:
        """So many calls on each of the gateways, all at the same time."""
        with ThreadPoolExecutor(count * len(clients)) as threads:
            begun = [threads.submit(self.call, "look", client) for client in clients for _ in range(count)]
            return [one.result() for one in begun]

    def forms(self) -> list[dict[str, str]]:
        """What the endpoint was sent."""
        return [form(one) for one in self.upstream.received("POST", "/token")]

    def shown(self, method: str = "GET") -> list[str]:
        """The Authorization headers of the API's requests."""
        return [one.headers["authorization"] for one in self.upstream.received(method, "/things")]

    def kept(self) -> Json:
        """What lies in Vault of the token."""
        assert self.situation is not None
        (path,) = {role.keeps_at for role in self.situation.report.roles if role.keeps_at}
        return dict(self.situation.house.vault("GET", path)["data"]["data"])

    def lose_state(self) -> None:
        """Let Redis forget until when the token is good."""
        assert self.situation is not None
        redis(self.situation).delete(self._key())

    def end_pause(self) -> None:
        """Let the time go by in which callers are told why there is no token."""
        assert self.situation is not None
        redis(self.situation).hset(self._key(), "fault_until", 0)

    def _key(self) -> str:
        assert self.situation is not None
        (path,) = {role.keeps_at for role in self.situation.report.roles if role.keeps_at}
        return f"cg:{{local}}:token:{path.rpartition('/')[2]}"


def form(request: Received) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(request.raw.partition(b"\r\n\r\n")[2].decode()).items()}


def granted(token: str = "access-one", **more: Any) -> Answer:
    said = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **more}
    return answer(200, json.dumps({name: value for name, value in said.items() if value is not None}).encode())


@contextmanager
def token_api(out: Out, situate: Situate, tmp_path: Path) -> Iterator[TokenApi]:
    pair = out.own.pair("api", ["api.example"])
    with TlsRecipes(server_context(pair.at(tmp_path / f"{secrets.token_hex(4)}.pem")), name="api.example") as upstream:
        yield TokenApi(out, upstream, situate)


def redis(situation: Situation) -> Any:
    """The store of the house."""
    settings = situation.house.settings
    password = Path(settings["CALLGATE_REDIS_PASSWORD_FILE"]).read_text().strip()
    return library.Redis.from_url(settings["CALLGATE_REDIS_URL"], password=password)

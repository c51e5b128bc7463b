"""An API whose tools act in a person's name, the person's browser, and `callgate` in a process of its own."""

import json
import re
import secrets
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callgate import Client, Invocation, RetryPolicy
from callgate.errors import Unauthenticated
from tests.e2e.house import eventually
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.out import Out

from .consent_server import ConsentingClient, ConsentServer

CLIENT, WORD, SCHEME = "callgate-tests", "word-of-the-client", "oauth"
PATHS: Json = {
    "/things": {
        "get": {"operationId": "look", "security": [{SCHEME: ["things.read"]}]},
        "post": {"operationId": "act", "security": [{SCHEME: ["things.read", "things.write"]}]},
    }
}
AUTH = {"basic": "client_secret_basic", "post": "client_secret_post", "none": "none"}
_URL = re.compile(r"https://\S+/authorize\?\S+")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    told: str


class Command:
    """`callgate` with these words, as this person, under way."""

    def __init__(self, gateway: Out, token: str, *words: str) -> None:
        environment = {
            "CALLGATE_ADDRESS": gateway.address,
            "CALLGATE_TOKEN": token,
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": ":".join(sys.path),
        }
        program = [sys.executable, "-c", "from gateway.cli import main; main()", *words]
        self.told = ""
        self._process = subprocess.Popen(
            program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )

    def until(self, pattern: re.Pattern[str]) -> str:
        """What it tells that fits."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.told += line
            if found := pattern.search(line):
                return found[0]
        raise AssertionError(f"it ended without {pattern.pattern}: {self.told}")

    def url(self) -> str:
        self.url_told = self.until(_URL)
        return self.url_told

    def ended(self, seconds: float = 60.0) -> Ended:
        out, told = self._process.communicate(timeout=seconds)
        self.told += told
        return Ended(self._process.returncode, out, self.told)


@dataclass
class Consents:
    """`people`: their tokens, by tenant and subject; the operator's is there from the beginning."""

    out: Out
    provider: ConsentServer
    situate: Situate
    situation: Situation | None = None
    people: dict[tuple[str, str], str] = field(default_factory=dict)
    path: str = field(default_factory=lambda: f"secret/data/consent-{secrets.token_hex(4)}")

    def offer(
        self,
        *,
        auth: str = "basic",
        paths: Json = PATHS,
        flows: tuple[str, ...] = ("authorizationCode",),
        **token: Any,
    ) -> Situation:
        """Import the tools; the flows of the document lead to the provider."""
        scopes = ("things.read", "things.write")
        self.provider.server.clients[CLIENT] = ConsentingClient(CLIENT, WORD, scopes, AUTH[auth])
        url = self.provider.url
        known = {
            "authorizationUrl": f"{url}/authorize", "tokenUrl": f"{url}/token",
            "deviceAuthorizationUrl": f"{url}/device", "scopes": dict.fromkeys(scopes, "x"),
        }  # fmt: skip
        scheme = {"type": "oauth2", "flows": dict.fromkeys(flows, known)}
        said = {"client_id": CLIENT, "auth": auth, "revocation_url": f"{url}/revoke", **token}
        self.situation = self.situate(
            paths,
            server=url,
            components={"securitySchemes": {SCHEME: scheme}},
            manifest={"credentials": {SCHEME: {"path": self.path, "token": {k: v for k, v in said.items() if v}}}},
        )
        self.situation.house.store(self.situation.report, {self.path: {"client_secret": WORD}} if auth != "none" else {})
        return self.situation

    @property
    def toolset(self) -> str:
        assert self.situation is not None
        return self.situation.toolset

    def person(self, subject: str, *, tenant: str = "local", rights: tuple[str, ...] = ("connect",)) -> str:
        """The token of a person that may call everything."""
        key = (tenant, subject)
        if key not in self.people:
            added = self.out.client.principals.add(tenant, "agent", subject, tools=["*"], rights=list(rights))
            assert added.token
            self.people[key] = added.token
            eventually(lambda: self._is_known(added.token or ""), what="the new person's token")
        return self.people[key]

    def client(self, token: str, gateway: Out | None = None) -> Client:
        return Client((gateway or self.out).address, token=token, retry=RetryPolicy(patience=0))

    def command(self, token: str, *words: str, gateway: Out | None = None) -> Command:
        return Command(gateway or self.out, token, *words)

    def connect(self, token: str, *words: str, name: str = "ada") -> Ended:
        """The person runs `callgate connect`, and consents in a browser."""
        self.provider.person.name = name
        command = self.command(token, "connect", self.toolset, *words)
        status, _ = self.visit(command.url())
        assert status == 200
        return command.ended()

    def visit(self, url: str) -> tuple[int, str]:
        """What the person's browser shows in the end. It trusts the provider."""
        tls = ssl.create_default_context(cadata=self.out.own.pem)
        port = str(self.provider.server_address[1])
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=tls))
        local = url.replace(f"https://api.example:{port}", f"https://127.0.0.1:{port}")
        tls.check_hostname = False
        try:
            with opener.open(local, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def call(self, token: str, operation: str = "look", gateway: Out | None = None) -> Invocation:
        assert self.situation is not None
        with self.client(token, gateway) as client:
            return client.call(self.situation.name(operation), {})

    def listed(self, token: str) -> list[Json]:
        """What `callgate connections` lists of this toolset."""
        found = json.loads(self.command(token, "connections", "-o", "json").ended().out)
        return [one for one in found if one["toolset"] == self.toolset]

    def shown(self, method: str = "GET") -> list[str]:
        """The tokens that the API has seen."""
        return [one.headers["authorization"].removeprefix("Bearer ") for one in self.provider.received(method, "/things")]

    def kept(self) -> dict[str, Json]:
        """What lies in Vault, by person."""
        assert self.situation is not None
        place, house = self._place(), self.situation.house
        status, listed = house._ask_vault("GET", f"{place.replace('/data/', '/metadata/')}?list=true", None)
        names = listed["data"]["keys"] if status == 200 else []
        return {name: house.vault("GET", f"{place}/{name}")["data"]["data"] for name in names}

    def lose_kept(self) -> None:
        """Let Vault lose all that is kept of people, as if it was restored from a copy of before."""
        assert self.situation is not None
        for name in self.kept():
            self.situation.house.vault("DELETE", f"{self._place().replace('/data/', '/metadata/')}/{name}")

    def change_kept(self, **fields: str) -> None:
        """Write these fields over those of the one connection that is kept, as if time had passed."""
        ((name, kept),) = self.kept().items()
        assert self.situation is not None
        self.situation.house.vault("POST", f"{self._place()}/{name}", {"data": kept | fields})

    def _place(self) -> str:
        assert self.situation is not None
        (place,) = {one.keeps_at for one in self.situation.report.roles if one.keeps_at}
        return place.removesuffix("/{person}")

    def _is_known(self, token: str) -> bool:
        with self.client(token) as client:
            try:
                list(client.connections.list())
            except Unauthenticated:
                return False
        return True


def answered(ended: Ended) -> Mapping[str, Any]:
    """What `-o json` has printed."""
    assert ended.code == 0, ended
    said: Mapping[str, Any] = json.loads(ended.out)
    return said

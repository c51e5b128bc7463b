"""The calls of `specs` with credentials: the server lets nothing in but the right ones, and a server that does is found out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.auth_calls import prove, surroundings, try_one
from benchmarks.auth_kinds import Combination, Part
from benchmarks.auth_locks import Lock, Locksmith
from benchmarks.auth_server import Check, VerifyingServer, authorization, basic, key_at
from benchmarks.auth_tally import Example, count
from registry.document.loading import load
from registry.model.tool import JsonObject
from tests.e2e.hostile import Received
from tests.real_apis.certificates import Authority, server_context

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("dockerd")]

SCHEMES: JsonObject = {
    "basic": {"type": "http", "scheme": "basic"},
    "certificate": {"type": "mutualTLS"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "openid": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example/.well-known/openid-configuration"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
}
REQUIRED: list[JsonObject] = [
    {"certificate": []},
    {"certificate": [], "query": []},
    {"basic": [], "cookie": []},
    {"openid": ["a", "b c"], "cookie": []},
]


def received(line: str = "GET / HTTP/1.1", **headers: str) -> Received:
    told = [line, *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return Received(("\r\n".join(told) + "\r\n\r\n").encode())


@dataclass(frozen=True)
class Checked:
    check: Check
    right: Received
    wrong: tuple[Received, ...]


PLACES = {
    "header": Checked(
        key_at("header", "x-key", "right"),
        received(X_Key="right"),
        (received(X_Key="wrong"), received(X_Kee="right"), received("GET /?x-key=right HTTP/1.1")),
    ),
    "query": Checked(
        key_at("query", "key", "right"),
        received("GET /?key=right HTTP/1.1"),
        (received("GET /?key=right&key=wrong HTTP/1.1"), received("GET /?Key=right HTTP/1.1"), received(key="right")),
    ),
    "cookie": Checked(
        key_at("cookie", "sid", "right"),
        received(Cookie="a=b; sid=right"),
        (received(Cookie="sid=wrong"), received(sid="right")),
    ),
    "bearer": Checked(
        authorization("bearer", "right"),
        received(Authorization="Bearer right"),
        (received(Authorization="Bearer wrong"), received(Authorization="right"), received(Authorization="Basic right")),
    ),
    "basic": Checked(
        basic("ada", "right"),
        received(Authorization="Basic YWRhOnJpZ2h0"),
        (received(Authorization="Basic YWRhOndyb25n"), received(Authorization="Basic ada:right")),
    ),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_check_takes_the_right_value_in_its_place_and_no_other(place: Checked) -> None:
    assert place.check(place.right) == ""
    assert all(place.check(one) for one in (*place.wrong, received()))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[VerifyingServer]:
    with VerifyingServer(server_context(Authority().pair("api", ["127.0.0.1"]).at(tmp_path / "server.pem"))) as server:
        yield server


def test_a_token_is_of_the_client_and_has_each_scope(server: VerifyingServer) -> None:
    for client, scopes in (("one", ("a", "b")), ("two", ("a", "b")), ("three", ("a",))):
        server.register(client, "secret", scopes)
    tokens = {given.client_id: token for token, given in server.server.tokens.items()}
    asked = {client: received(Authorization=f"Bearer {token}") for client, token in tokens.items()}
    check = server.token_of("one", ("b",))
    assert check(asked["one"]) == ""
    assert check(asked["two"])
    assert server.token_of("three", ("b",))(asked["three"]) == "the token has not each scope"
    server.revoke("one")
    assert check(asked["one"])


def test_no_door_is_open_without_a_check(server: VerifyingServer) -> None:
    with pytest.raises(ValueError, match="without a check"):
        server.open("open", ())
    server.told(received("GET /open/things HTTP/1.1"))
    assert (server.let_in["open"], server.refused["open"]) == (0, 1)


def examples(specs: Path) -> dict[Combination, Example]:
    paths = {
        f"/{index}": {"get": {"security": [one], "responses": {"200": {"description": "Done."}}}}
        for index, one in enumerate(REQUIRED)
    }
    document = {"openapi": "3.1.0", "info": {"title": "Called", "version": "1"}, "paths": paths}
    raw = json.dumps(document | {"components": {"securitySchemes": SCHEMES}}).encode()
    (specs / "called.json").write_bytes(raw)
    return {kinds: found.example for kinds, found in count(load(raw), "called.json", len(raw)).found.items()}


@pytest.mark.slow
async def test_kinds_that_the_collection_does_not_have_work_too(tmp_path: Path) -> None:
    found = examples(tmp_path)
    assert len(found) == len(REQUIRED)
    assert set((await prove(found, tmp_path)).values()) == {""}


class Careless(Locksmith):
    """Of a server that takes any secret for right."""

    def _lock(self, part: Part, scopes: tuple[str, ...]) -> Lock:
        return replace(super()._lock(part, scopes), check=lambda _: "")


@pytest.mark.slow
async def test_a_server_that_takes_anything_and_one_that_takes_nothing_are_told(tmp_path: Path) -> None:
    found, raw = examples(tmp_path), (tmp_path / "called.json").read_bytes()
    certificate = found[Part("mutualTLS"),]
    password = found[Part("apiKey", "cookie", "sid"), Part("http basic")]
    async with surroundings() as around:
        careless = replace(around, locksmith=Careless(around.server, Authority()))
        assert await try_one(careless, "careless", password, raw) == "a wrong secret is let in, or not asked for: basic"
        stranger = replace(around, locksmith=Locksmith(around.server, Authority("Of strangers")))
        assert "unknown certificate authority" in await try_one(stranger, "stranger", certificate, raw)

"""The server of `specs` that verifies credentials: it lets in the right ones, each in its place, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.auth_server import Check, VerifyingServer, authorization, basic, key_at
from tests.e2e.hostile import Received
from tests.real_apis.certificates import Authority, server_context


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

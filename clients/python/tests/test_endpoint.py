"""Where the gateway is: what is refused, and what the environment says."""

from pathlib import Path

import pytest

from callgate import AsyncClient, CallgateError, Client
from callgate.endpoint import Endpoint, is_local


@pytest.mark.parametrize(
    "address", ["gateway.example:7443", "10.0.0.1:7443", "0.0.0.0:7443", "127.0.0.1.example:7443", "dns:///localhost:1"]
)
def test_a_token_never_travels_in_plaintext_over_a_network(address: str) -> None:
    with pytest.raises(ValueError, match="TLS is off") as caught:
        Client(address, token="secret-token")
    assert isinstance(caught.value, CallgateError)
    assert "root_certificates" in caught.value.cure


@pytest.mark.parametrize(
    "address", ["127.0.0.1:7443", "127.9.9.9:1", "[::1]:7443", "localhost:7443", "unix:/run/callgate.sock"]
)
def test_loopback_and_unix_sockets_need_no_tls(address: str) -> None:
    assert Endpoint(address).addresses == (address,)
    assert is_local(address)


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(CallgateError, match=r"ca\.pem cannot be read"):
        Client("gateway.example:7443", root_certificates=tmp_path / "ca.pem")


@pytest.mark.parametrize("token", ["", "with space", "line\nbreak", "ü"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        Endpoint(token=token)
    assert not token or token not in str(caught.value)


def test_the_token_is_not_in_the_repr() -> None:
    assert "secret-token" not in repr(Endpoint(token="secret-token"))


def test_the_environment_names_address_and_token() -> None:
    endpoint = Endpoint.from_environment({"CALLGATE_ADDRESS": "127.0.0.1:9", "CALLGATE_TOKEN": "one"})
    assert (endpoint.address, endpoint.token) == ("127.0.0.1:9", "one")


def test_the_token_file_is_the_next_choice_and_the_home_the_last(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-home\n")
    (tmp_path / "other").write_text("of-file\n")
    home = {"CALLGATE_HOME": str(tmp_path)}
    assert Endpoint.from_environment(home).token == "of-home"
    assert Endpoint.from_environment({**home, "CALLGATE_TOKEN_FILE": str(tmp_path / "other")}).token == "of-file"
    assert Endpoint.from_environment({**home, "CALLGATE_TOKEN": "of-variable"}).token == "of-variable"


def test_address_and_token_are_of_one_home(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of-home\n")
    home = {"CALLGATE_HOME": str(tmp_path)}
    assert Endpoint.from_environment(home).address == "127.0.0.1:7443"
    (tmp_path / "address").write_text("127.0.0.1:9")
    assert Endpoint.from_environment(home).address == "127.0.0.1:9"
    assert Endpoint.from_environment({**home, "CALLGATE_ADDRESS": "127.0.0.1:8"}).address == "127.0.0.1:8"
    assert Endpoint.from_environment({**home, "CALLGATE_TOKEN": "of-variable"}).address == "127.0.0.1:7443"


async def test_with_where_async_with_is_meant_is_told() -> None:
    with pytest.raises(CallgateError, match="async with") as caught, AsyncClient():
        pass
    assert "async with" in caught.value.cure


def test_a_missing_token_file_is_told_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(CallgateError, match="cannot be read") as caught:
        Client.from_environment({"CALLGATE_HOME": str(tmp_path)})
    assert "callgate up" in caught.value.cure

"""Hosts are read strictly, resolved once, and every answer is checked."""

import socket
from ipaddress import ip_address, ip_network

import pytest

from sandbox.egress.addresses import Address
from sandbox.egress.resolve import Denied, Unresolved, parse_authority, parse_host, resolve

REFUSED = [
    *["", ".", "a..b", "good.com.", "-a.com", "a-.com", "a_b.com", "*.com", "a b.com", "user@host", "good.com/", "good.com:80"],
    *[
        "127.1",
        "127.0.1",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3",
        "1.2.3.0x4",
    ],
    *["256.1.1.1", "1.2.3.4.5", "7147006462", "a" * 64, "a." * 127 + "com", "fe80::1%eth0", "[fe80::1%25lo]", "[::1", "::g"],
    *["ɢood.com", "１２７.0.0.1", "good。com", "go\u00adod.com", "go\tod.com", "good.com\n", "good.com\0"],  # noqa: RUF001
]


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_a_host_that_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Denied):
        parse_host(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("API.Example.com", "api.example.com"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1.2.3.4", ip_address("1.2.3.4")),
        ("[::1]", ip_address("::1")),
        ("::1", ip_address("::1")),
        ("[0000::0001]", ip_address("::1")),
    ],
)
def test_a_plain_host_is_read(text: str, read: str | Address) -> None:
    assert parse_host(text) == read


@pytest.mark.parametrize("text", ["host", "host:", "host:0", "host:080", "host:65536", "host:-1", "host: 80", "::1:80", ":80"])
def test_an_authority_has_a_host_and_a_canonical_port(text: str) -> None:
    with pytest.raises(Denied):
        parse_authority(text)


def test_an_authority_is_read() -> None:
    assert parse_authority("[::1]:443") == (ip_address("::1"), 443)
    assert parse_authority("api.example.com:65535") == ("api.example.com", 65535)


async def test_a_name_is_asked_once_and_one_private_answer_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answers(name: str, port: int, *_: object, **__: object) -> list[object]:
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(Denied, match="loopback"):
        await resolve("rebinding.example", 80, ())
    assert asked == ["rebinding.example"]
    permitted = await resolve("rebinding.example", 80, (ip_network("127.0.0.0/8"),))
    assert [str(address) for address in permitted] == ["8.8.8.8", "127.0.0.1"]


async def test_a_name_without_an_address_is_not_a_denial() -> None:
    with pytest.raises(Unresolved):
        await resolve("nowhere.invalid", 80, ())


async def test_localhost_is_this_host() -> None:
    with pytest.raises(Denied):
        await resolve("localhost", 80, ())

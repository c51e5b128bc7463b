"""Where the door of MCP listens, whose requests it takes, and as what it is known."""

import pytest

from gateway.model.config import ConfigInvalid, load
from gateway.model.mcp_settings import McpSettings, host_of, origin_of
from tests.gateway.model.test_config import REQUIRED

TLS = {"CALLGATE_TLS_CERTIFICATE_FILE": "/c", "CALLGATE_TLS_KEY_FILE": "/k"}


def test_without_an_address_there_is_no_door() -> None:
    assert load(REQUIRED).mcp is None


def test_on_loopback_it_is_known_by_each_name_of_this_machine() -> None:
    settings = load(REQUIRED | {"CALLGATE_MCP_LISTEN": "127.0.0.1:7444"}).mcp
    assert settings is not None
    assert settings.resource == "http://127.0.0.1:7444/mcp"
    assert settings.names == {"127.0.0.1", "localhost", "[::1]"}


def test_with_a_certificate_it_is_known_by_its_own_name_and_those_that_are_listed() -> None:
    said = {
        "CALLGATE_MCP_LISTEN": "gw.example:7444",
        "CALLGATE_MCP_HOSTS": "gw, GW.internal:7444",
        "CALLGATE_LISTEN": "0.0.0.0:1",
    }
    settings = load(REQUIRED | TLS | said).mcp
    assert settings is not None
    assert settings.resource == "https://gw.example:7444/mcp"
    assert settings.names == {"gw.example", "gw", "gw.internal"}


def test_behind_a_proxy_it_is_known_by_its_url() -> None:
    said = {"CALLGATE_MCP_LISTEN": "unix:/run/mcp.sock", "CALLGATE_MCP_URL": "https://gw.example/tools/mcp"}
    settings = load(REQUIRED | said).mcp
    assert settings is not None
    assert settings.resource == "https://gw.example/tools/mcp"
    assert settings.names == {"gw.example"}


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"MCP_LISTEN": "0.0.0.0:7444"}, "in the clear"),
        ({"MCP_LISTEN": "unix:/run/mcp.sock"}, "CALLGATE_MCP_URL"),
        (
            {"MCP_LISTEN": "0.0.0.0:7444", **{name.removeprefix("CALLGATE_"): path for name, path in TLS.items()}},
            "CALLGATE_MCP_URL",
        ),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "http://gw.example/mcp"}, "must be https"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "https://gw.example"}, "is not https://host/mcp"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "https://u:p@gw.example/mcp"}, "is not https://host/mcp"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "https://gw.example/mcp?x=1"}, "is not https://host/mcp"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "gw.example/mcp"}, "is not https://host/mcp"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_URL": "https://[/mcp"}, "is not https://host/mcp"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_ORIGINS": "https://app.example/"}, "is no origin"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_ORIGINS": "app.example"}, "is no origin"),
        ({"MCP_LISTEN": "127.0.0.1:1", "MCP_ORIGINS": "*"}, "is no origin"),
        ({"MCP_ORIGINS": "https://app.example"}, "CALLGATE_MCP_LISTEN"),
        ({"MCP_URL": "https://gw.example/mcp"}, "CALLGATE_MCP_LISTEN"),
        ({"MCP_HOSTS": "gw"}, "CALLGATE_MCP_LISTEN"),
    ],
)
def test_what_would_leave_it_open_or_nameless_stops_the_start(said: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigInvalid, match=named):
        load(REQUIRED | {f"CALLGATE_{name}": text for name, text in said.items()})


@pytest.mark.parametrize(
    ("netloc", "host"),
    [
        ("gw.example", "gw.example"),
        ("GW.Example:443", "gw.example"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("", ""),
        ("[", "[]"),
    ],
)
def test_a_host_is_told_without_its_port(netloc: str, host: str) -> None:
    assert host_of(netloc) == host


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example", "https://app.example"),
        ("http://a:1/x?y", "http://a:1"),
        ("null", None),
        ("", None),
        ("http://[", None),
    ],
)
def test_an_origin_is_scheme_and_place(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin


def test_the_door_listens_in_the_clear_only_where_nobody_else_hears() -> None:
    assert McpSettings(listen="gw.example:1", tls=True).resource.startswith("https://")
    with pytest.raises(ValueError, match="in the clear"):
        McpSettings(listen="gw.example:1")

"""With `--allow-private 127.0.0.0/8` the embedded Vault and Redis were upstreams of every importer."""

import socket
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.decisions.policy import Policy
from gateway.model.config import Config
from gateway.model.errors import UpstreamIsOwnPart
from gateway.model.own_parts import own_parts_of
from gateway.pipeline.invoker import Invoker
from registry.model.tool import Container
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Destination, Egress, OwnPart
from sandbox.egress.addresses import Address
from sandbox.egress.own_parts import OwnPartAddresses
from sandbox.egress.resolve import Denied, Unresolved, _own, look_up
from tests.conftest import Bao, Upstream
from tests.gateway.pipeline.desk import NO_VAULT, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import LOOPBACK, OpenShop
from tests.sandbox.egress.test_broker import Ask, OpenBroker, ask, open_broker, path

__all__ = ["ask", "open_broker", "path"]

REDIS = OwnPart("the Redis", "127.0.0.1", 6379)
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def own_interface() -> str:
    """An address of this machine beside loopback, where it has one."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


SPELLINGS = ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0", "::", own_interface()]


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_part_of_this_host_is_refused_at_each_address_of_the_host(spelling: str) -> None:
    with pytest.raises(Denied, match="the Redis of Callgate itself"):
        await OwnPartAddresses().refuse("shop.example", [ip_address(spelling)], 6379, [REDIS], look_up)


@pytest.mark.parametrize("form", ["{}", "::ffff:{}", "64:ff9b::{}"])
def test_an_address_of_this_host_is_known_in_each_form(form: str) -> None:
    """Of a host with a public address, what listens there was reached by the form that IPv6 has for it."""
    assert _own(ip_address(form.format(own_interface())), 1, ()) == "this host"


async def test_another_port_or_another_host_is_no_part() -> None:
    parts = OwnPartAddresses()
    await parts.refuse("shop.example", [ip_address("127.0.0.1")], 6380, [REDIS], look_up)
    await parts.refuse("shop.example", [ip_address("93.184.215.14")], 6379, [REDIS], look_up)


async def test_a_part_with_a_name_is_refused_at_every_address_that_the_name_had() -> None:
    answers = ["198.51.100.7", "198.51.100.8"]

    async def lookup(_name: str, _port: int) -> tuple[Address, ...]:
        if not answers:
            raise Unresolved("it does not resolve just now")
        return (ip_address(answers.pop(0)),)

    parts, vault = OwnPartAddresses(), OwnPart("the Vault", "vault.internal", 443)
    for _ in range(3):
        with pytest.raises(Denied, match="the Vault"):
            await parts.refuse("alias.example", [ip_address("198.51.100.7")], 443, [vault], lookup)
        parts._known["vault.internal"].until = 0.0
    with pytest.raises(Denied, match="the Vault"):
        await parts.refuse("alias.example", [ip_address("198.51.100.8")], 443, [vault], lookup)
    await parts.refuse("shop.example", [ip_address("198.51.100.9")], 443, [vault], lookup)


@pytest.mark.parametrize("written", ["redis_1", "redis.internal.", "127.1"])
async def test_a_part_whose_name_no_upstream_may_have_is_refused_by_its_address(written: str) -> None:
    asked: list[str] = []

    async def lookup(name: str, _port: int) -> tuple[Address, ...]:
        asked.append(name)
        return (ip_address("198.51.100.7"),)

    parts, redis = OwnPartAddresses(), OwnPart("the Redis", written, 6379)
    with pytest.raises(Denied, match="the Redis"):
        await parts.refuse("alias.example", [ip_address("198.51.100.7")], 6379, [redis], lookup)
    assert asked == [written]


async def test_while_the_name_of_a_part_has_never_resolved_no_private_address_is_told_from_it() -> None:
    async def nothing(name: str, _port: int) -> tuple[Address, ...]:
        raise Unresolved(f"{name} has no address")

    parts, redis = OwnPartAddresses(), OwnPart("the Redis", "redis.internal", 6379)
    with pytest.raises(Denied, match="may be the Redis of Callgate itself"):
        await parts.refuse("10.0.0.7", [ip_address("10.0.0.7")], 6379, [redis], nothing)
    await parts.refuse("shop.example", [ip_address("93.184.215.14")], 6379, [redis], nothing)


async def to_loopback(_name: str, _port: int) -> tuple[Address, ...]:
    return (ip_address("127.0.0.1"),)


async def test_a_real_redis_is_not_reached_by_another_name(
    open_broker: OpenBroker, ask: Ask, redis_url: str, upstream: Upstream
) -> None:
    port = urlsplit(redis_url).port or 0
    own = (OwnPart("the Redis", "127.0.0.1", port),)
    named = Destination("shop.example", port, ANYWHERE, tls=False, own_parts=own)
    shop = Destination("shop.example", upstream.server_port, ANYWHERE, tls=False, own_parts=own)
    async with open_broker(Egress((named, shop)), lookup=to_loopback) as broker:
        answer = await ask(f"CONNECT shop.example:{port} HTTP/1.1\r\n\r\nPING\r\n".encode())
        request = f"CONNECT shop.example:{upstream.server_port} HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n"
        assert (await ask(request.encode())).endswith(b"hello")
        refused, _ = broker.connections
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"PONG" not in answer
    assert (refused.bytes_out, refused.bytes_in) == (0, 0)
    assert "the Redis of Callgate itself" in refused.verdict


async def test_vault_is_reached_for_the_preparation_and_not_as_an_upstream(open_broker: OpenBroker, ask: Ask, bao: Bao) -> None:
    port = bao.destination.port
    own = (OwnPart("the Vault", "127.0.0.1", port),)
    preparing = replace(bao.destination, preparation=True, tls=False)
    upstream = Destination("shop.example", port, ANYWHERE, tls=False, own_parts=own)
    request = b"GET /v1/sys/health HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n"
    async with open_broker(Egress((preparing, upstream)), lookup=to_loopback):
        prepared = await ask(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode() + request)
        called = await ask(f"CONNECT shop.example:{port} HTTP/1.1\r\n\r\n".encode() + request)
    assert b"HTTP request to an HTTPS server" in prepared, "Vault itself says so"
    assert called.startswith(b"HTTP/1.1 403 ")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    files = dict.fromkeys(("principals_file", "vault_role_id_file", "vault_secret_id_file"), tmp_path)
    where = {
        "vault_address": "https://vault.internal",
        "redis_url": "redis+sentinel://s1,s2:26380/main",
        "listen": "127.0.0.1:7443",
    }
    return Config(**files, **where)  # type: ignore[arg-type]


def test_the_settings_name_every_part(config: Config) -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "meters:99"}
    found = {(part.host, part.port) for part in own_parts_of(config, environ)}
    sentinels, telemetry = {("s1", 26379), ("s2", 26380)}, {("collector", 4317), ("meters", 99)}
    engine = {("127.0.0.1", 2375), ("127.0.0.1", 2376)}
    assert found == {("vault.internal", 443), ("127.0.0.1", 7443)} | sentinels | telemetry | engine


@pytest.mark.parametrize("server", ["http://127.0.0.1:{port}", "http://localhost:{port}/v1", "http://LOCALHOST.:{port}"])
async def test_a_call_whose_server_is_named_as_a_part_is_refused(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    port = urlsplit(shop.address).port or 0
    desk = await open_desk(server.format(port=port))
    own = (OwnPart("the Vault", "127.0.0.1", port),)
    policy = Policy(private=LOOPBACK, vault=NO_VAULT, own_parts=lambda: own)
    monkeypatch.setattr(Invoker, "policy", policy, raising=False)
    with pytest.raises(UpstreamIsOwnPart, match="the Vault of Callgate itself"):
        await desk.call("list_orders", {})


async def test_a_call_whose_server_turns_out_to_be_a_part_is_denied_by_the_broker(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another address of this host than the settings have."""
    port = urlsplit(shop.address).port or 0
    desk = await open_desk(shop.address)
    own = (OwnPart("the Vault", own_interface(), port),)
    policy = Policy(private=LOOPBACK, vault=NO_VAULT, own_parts=lambda: own)
    monkeypatch.setattr(Invoker, "policy", policy, raising=False)
    outcome = outcome_of((await desk.call("list_orders", {})).invocation)
    assert outcome.fault is FaultCode.EGRESS_DENIED


async def test_a_container_tool_names_no_part_as_its_way_out(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    own = (OwnPart("the Redis", "127.0.0.1", 6379),)
    policy = Policy(private=LOOPBACK, vault=NO_VAULT, own_parts=lambda: own)
    container = Container("sha256:" + "0" * 64, ("/bin/tool",), egress=("shop.example:443", "http://localhost:6379"))
    with pytest.raises(UpstreamIsOwnPart, match="the Redis"):
        policy.require_upstreams(replace(desk.versions["list_orders"].draft, container=container))

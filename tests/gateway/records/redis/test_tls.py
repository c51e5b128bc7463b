"""Redis by TLS: what is checked of the server, what is shown to it, and what is told where they do not agree."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.redis_servers import DURABLE, SERVICE, RedisServer
from gateway.model.errors import GatewayError, StoreMisconfigured, StoreUnavailable
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.client import Store
from tests.conftest import Authority
from tests.gateway.records.lives import whole_life
from tests.gateway.records.stores import at


@asynccontextmanager
async def server_of(home: Path, authority: Authority, certificate: str, *, clients: str = "no") -> AsyncIterator[RedisServer]:
    """A Redis that speaks TLS only. `clients`: whether they must show a certificate."""
    settings = {**DURABLE, **_certificates(authority, certificate), "tls-auth-clients": clients}
    server = RedisServer(home, settings, kind="redis", tls=True)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


def _certificates(authority: Authority, name: str) -> dict[str, Any]:
    return {
        "tls-cert-file": authority.directory / f"{name}.pem",
        "tls-key-file": authority.directory / f"{name}.key",
        "tls-ca-cert-file": authority.bundle,
    }


def by_tls(server: RedisServer, authority: Authority, **settings: Any) -> RedisSettings:
    url = server.url.replace("redis://", "rediss://")
    return RedisSettings(**{"url": url, "ca_file": authority.bundle, **settings})


async def refused(settings: RedisSettings) -> GatewayError:
    async with at(settings) as store:
        with pytest.raises(StoreUnavailable) as error:
            await store.open()
    return error.value


async def test_a_life_takes_place_by_tls_with_a_certificate_of_the_gateways_own(tmp_path: Path, authority: Authority) -> None:
    own = {"certificate_file": authority.directory / "good.pem", "key_file": authority.directory / "good.key"}
    async with server_of(tmp_path / "server", authority, "good", clients="yes") as server:
        async with at(by_tls(server, authority, **own)) as store:
            await store.open()
            await whole_life(store, "inv_1")
        # Redis refuses after the handshake, and hangs up: its reason may or may not arrive before that.
        assert "CALLGATE_REDIS_CERTIFICATE_FILE" in (await refused(by_tls(server, authority))).cure


@pytest.mark.parametrize(
    ("certificate", "cure"),
    [("of_another_host", "CALLGATE_REDIS_SERVER_NAME"), ("of_a_stranger", "CALLGATE_REDIS_CA_FILE")],
)
async def test_a_certificate_of_another_host_or_of_a_stranger_is_refused(
    certificate: str, cure: str, tmp_path: Path, authority: Authority
) -> None:
    async with server_of(tmp_path / "server", authority, certificate) as server:
        error = await refused(by_tls(server, authority))
    assert isinstance(error, StoreMisconfigured)
    assert cure in error.cure


async def test_the_name_in_the_certificate_may_be_another_than_the_address(tmp_path: Path, authority: Authority) -> None:
    async with server_of(tmp_path / "server", authority, "of_another_host") as server:
        async with at(by_tls(server, authority, server_name="api.example")) as store:
            await store.open()
        assert isinstance(await refused(by_tls(server, authority, server_name="other.example")), StoreMisconfigured)


async def test_tls_to_a_server_without_it_and_none_to_a_server_with_it_are_told(
    tmp_path: Path, authority: Authority, url: str
) -> None:
    with_it = RedisSettings(url=url.replace("redis://", "rediss://"), ca_file=authority.bundle)
    error = await refused(with_it)
    assert "TLS" in str(error)
    assert "redis:// is not" in error.cure
    assert re.search(r"longer than 0\.\d{1,3} seconds", str(error))
    async with server_of(tmp_path / "server", authority, "good") as server:
        error = await refused(RedisSettings(url=server.url))
    assert "rediss://" in error.cure


@pytest.mark.parametrize("missing", ["ca_file", "certificate_file"])
def test_a_file_that_cannot_be_read_is_named_at_the_start(missing: str, tmp_path: Path, authority: Authority) -> None:
    files: dict[str, Any] = {
        "ca_file": authority.bundle,
        "certificate_file": authority.directory / "good.pem",
        "key_file": authority.directory / "good.key",
        missing: tmp_path / "missing.pem",
    }
    with pytest.raises(StoreMisconfigured) as refusal:
        Store(RedisSettings(url="rediss://127.0.0.1:1/0", **files))
    assert refusal.value.cure == f"Correct CALLGATE_REDIS_{missing.upper()}."
    assert f"{tmp_path}/missing.pem: No such file" in str(refusal.value)


def test_a_file_of_authorities_that_has_none_is_told_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(StoreMisconfigured) as refusal:
        Store(RedisSettings(url="rediss://127.0.0.1:1/0", ca_file=tmp_path / "empty.pem"))
    assert "CALLGATE_REDIS_CA_FILE: a PEM file" in refusal.value.cure


async def test_an_authority_that_is_not_set_and_a_name_that_is_another_have_their_own_cures(
    tmp_path: Path, authority: Authority
) -> None:
    async with server_of(tmp_path / "server", authority, "of_another_host") as server:
        assert (await refused(by_tls(server, authority, ca_file=None))).cure.startswith("Set CALLGATE_REDIS_CA_FILE")
        assert (await refused(by_tls(server, authority))).cure.startswith("Set CALLGATE_REDIS_SERVER_NAME")


@pytest.mark.parametrize("sentinels_too", [True, False], ids=["sentinels by TLS", "sentinels in the clear"])
async def test_by_sentinel_the_primary_is_reached_by_tls(sentinels_too: bool, tmp_path: Path, authority: Authority) -> None:
    async with server_of(tmp_path / "server", authority, "good") as server:
        certificates = {**_certificates(authority, "good"), "tls-auth-clients": "no", "tls-replication": "yes"}
        watching = {**certificates, f"sentinel monitor {SERVICE} 127.0.0.1": f"{server.port} 1"}
        sentinel = RedisServer(tmp_path / "sentinel", watching, kind="redis", mode=["--sentinel"], tls=sentinels_too)
        await sentinel.start()
        try:
            url = f"rediss+sentinel://{sentinel.address}/{SERVICE}"
            settings = RedisSettings(url=url, ca_file=authority.bundle, sentinel_tls=None if sentinels_too else False)
            async with at(settings) as store:
                await store.open()
                await whole_life(store, "inv_1")
                assert (await store.standing()).primary == server.address
        finally:
            await sentinel.kill()

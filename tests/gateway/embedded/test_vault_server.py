"""The embedded Vault: by TLS alone, with a certificate that does not end, and nothing done that is not written down."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.embedded.audit_log import AuditLog
from gateway.embedded.certificates import LEAST_LEFT, LIFETIME, ensure_certificate
from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from tests.conftest import wait_until
from tests.gateway.vaults import opened
from tests.promises.disks import filled, small_disk


@contextmanager
def logs_on_a_small_disk(state: StateDir) -> Iterator[Path]:
    with small_disk("1m") as disk:
        state.home.mkdir(exist_ok=True)
        state.logs.symlink_to(disk)
        yield disk


async def test_vault_does_nothing_that_it_cannot_write_down_and_goes_on_when_it_can(state: StateDir) -> None:
    with logs_on_a_small_disk(state) as disk, state.hold():
        server = VaultServer(state)
        await server.start()
        try:
            async with opened(Vault(server.settings, FixedToken(server.root_token))) as vault:
                await vault.request("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})
                await vault.request("POST", "secret/data/one", {"data": {"token": "of one"}})
                with filled(disk), pytest.raises(VaultUnavailable) as refused:
                    await vault.request("GET", "secret/data/one")
                assert "audit log" in refused.value.cure
                assert (await vault.request("GET", "secret/data/one"))["data"]["data"]["token"] == "of one"
        finally:
            await server.stop()


async def test_a_part_of_the_audit_log_that_is_full_and_a_certificate_are_replaced_while_vault_runs(state: StateDir) -> None:
    with state.hold():
        server = VaultServer(state)
        await server.start()
        try:
            before = shown_by(server)
            server._audit = AuditLog(state.vault_audit, part=1)
            state.vault_tls.unlink()  # as one that will end
            server.renew()
            wait_until(lambda: shown_by(server) != before, seconds=5)
            async with opened(Vault(server.settings, FixedToken(server.root_token))) as vault:
                await vault.request("GET", "sys/mounts")
            parts = [state.vault_audit, state.vault_audit.with_name("vault-audit.log.1")]
            wait_until(lambda: parts[0].exists() and "sys/mounts" in parts[0].read_text(), seconds=5)
            assert "sys/mounts" not in parts[1].read_text()
        finally:
            await server.stop()


def shown_by(server: VaultServer) -> str:
    place = urlsplit(server.address)
    return ssl.get_server_certificate((place.hostname or "", place.port or 0))


async def test_vault_is_not_spoken_to_in_the_clear(vault_server: VaultServer) -> None:
    connection = HTTPConnection(urlsplit(vault_server.address).netloc, timeout=5)
    try:
        connection.request("GET", "/v1/sys/health")
        assert connection.getresponse().status == 400
    finally:
        connection.close()


async def test_another_vault_than_the_one_that_is_vouched_for_gets_no_token(vault_server: VaultServer, tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "of-another.pem", tmp_path / "another.pem")
    stranger = VaultSettings(address=vault_server.address, ca_file=tmp_path / "another.pem")
    async with opened(Vault(stranger, FixedToken("a-token"))) as vault:
        with pytest.raises(VaultUnavailable, match="not trusted") as refused:
            await vault.request("GET", "sys/mounts")
    assert "CALLGATE_VAULT_CA_FILE" in refused.value.cure


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_authorities_that_cannot_be_read_are_told_with_their_setting(
    vault_server: VaultServer, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authority.pem"
    if content:
        file.write_text(content)
    unreadable = VaultSettings(address=vault_server.address, ca_file=file)
    async with opened(Vault(unreadable, FixedToken("a-token"))) as vault:
        with pytest.raises(VaultUnavailable) as refused:
            await vault.request("GET", "sys/mounts")
    assert "CALLGATE_VAULT_CA_FILE" in refused.value.cure


def test_every_request_is_written_down_without_the_tokens(vault_server: VaultServer, vault_state: StateDir) -> None:
    told = [json.loads(line) for line in vault_state.vault_audit.read_text().splitlines()]
    assert any(one["request"]["path"] == "auth/approle/role/callgate-gateway/secret-id" for one in told)
    text = vault_state.vault_audit.read_text()
    assert vault_server.root_token not in text
    assert vault_state.secret_id.read_text() not in text


def test_a_certificate_is_kept_until_half_its_life_and_the_old_authority_is_trusted_beside_the_new(tmp_path: Path) -> None:
    server, authority, now = tmp_path / "server.pem", tmp_path / "authority.pem", datetime.now(UTC)
    assert ensure_certificate(server, authority, now)
    first = authority.read_text()
    assert not ensure_certificate(server, authority, now + LIFETIME - LEAST_LEFT - timedelta(days=1))
    assert ensure_certificate(server, authority, now + LIFETIME - LEAST_LEFT + timedelta(days=1))
    assert authority.read_text().endswith(first)
    assert authority.read_text().count("BEGIN CERTIFICATE") == 2
    ensure_certificate(server, authority, now + 2 * LIFETIME)
    assert first not in authority.read_text()
    assert server.stat().st_mode & 0o777 == 0o600


def test_the_audit_log_has_no_more_parts_than_are_kept(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.log", part=4, kept=2)
    for number in range(5):
        log.path.write_text(f"part {number}")
        assert log.rotate_if_large()
    log.path.write_text("new")
    assert not log.rotate_if_large()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "audit.log": "new",
        "audit.log.1": "part 4",
        "audit.log.2": "part 3",
    }

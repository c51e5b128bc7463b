"""The gateway's login is renewed before it ends, and what hinders that is told, and mended without a restart."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.secrets.provision import SECRET_ID_HOURS, bootstrap, issue_identity, withdraw_endless
from gateway.secrets.secret_id import SecretId
from gateway.secrets.secret_id_renewal import SecretIdRenewal
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import AppRole
from tests.conftest import FreePort
from tests.gateway.vaults import opened


class Login:
    """A gateway's, on the real Vault. Time goes by as a test says."""

    def __init__(self, server: VaultServer, state: StateDir, directory: Path) -> None:
        self.file, self.kept = directory / "given", directory / "kept"
        self.file.write_text(state.secret_id.read_text())
        self.passed = timedelta()
        self.secret_id = SecretId(self.file, self.kept)
        self.role_id = state.role_id
        self.vault = Vault(server.settings, AppRole(state.role_id, self.secret_id))
        self.renewal = self.of(self.vault)

    def of(self, vault: Vault) -> SecretIdRenewal:
        return SecretIdRenewal(vault, self.secret_id, clock=self.seconds, now=lambda: datetime.now(UTC) + self.passed)

    def seconds(self) -> float:
        return self.passed.total_seconds()

    async def works(self, vault: Vault) -> bool:
        """Whether one who starts now, with what is kept, can log in."""
        async with opened(Vault(vault.settings, AppRole(self.role_id, SecretId(self.file, self.kept)))) as another:
            try:
                await another.log_in()
            except VaultUnavailable:
                return False
        return True


@pytest.fixture
async def login(vault_server: VaultServer, vault_state: StateDir, tmp_path: Path) -> AsyncIterator[Login]:
    login = Login(vault_server, vault_state, tmp_path)
    async with opened(login.vault):
        yield login


async def test_a_secret_id_is_left_alone_in_the_first_half_of_its_life_and_renewed_in_the_second(login: Login) -> None:
    await login.renewal.look()
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 - 1)
    await login.renewal.look()
    assert not login.kept.exists()
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 + 1)
    await login.renewal.look()
    assert login.renewal.trouble is None
    assert login.secret_id.current() != login.file.read_text()
    assert login.kept.stat().st_mode & 0o777 == 0o600
    assert await login.works(login.vault)


async def test_the_renewed_one_lives_as_long_as_the_role_says_and_is_of_no_other_role(
    login: Login, vault_as_operator: Vault
) -> None:
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 + 1)
    await login.renewal.look()
    path = f"{login.vault.settings.gateway_role}/secret-id/lookup"
    known = (await vault_as_operator.request("POST", path, {"secret_id": login.secret_id.current()}))["data"]
    assert known["secret_id_ttl"] == SECRET_ID_HOURS * 3600


async def test_a_renewed_one_that_no_disk_takes_is_used_and_no_other_is_made(login: Login) -> None:
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 + 1)
    login.kept.with_name(f"{login.kept.name}.{os.getpid()}").mkdir()  # no file takes this place
    used = list[str]()
    with capture_logs() as logs:
        for _ in range(3):
            await login.renewal.look()
            used.append(login.secret_id.current())
            assert login.renewal.trouble is not None
            assert "CALLGATE_STATE_DIR" in login.renewal.trouble.cure
        login.kept.with_name(f"{login.kept.name}.{os.getpid()}").rmdir()
        login.passed = timedelta()  # for Vault, the new one has just begun
        await login.renewal.look()
    assert len({*used}) == 1
    assert used[0] != login.file.read_text()
    assert [line["event"] for line in logs] == ["credentials_unavailable", "credentials_available_again"]
    assert login.renewal.trouble is None
    assert used[0] in login.kept.read_text()


async def test_what_an_operator_writes_later_counts_before_what_was_renewed(login: Login, vault_as_operator: Vault) -> None:
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 + 1)
    await login.renewal.look()
    given = (await issue_identity(vault_as_operator)).secret_id
    login.file.write_text(given)
    assert login.secret_id.current() == given


async def test_a_vault_that_is_away_at_the_renewal_is_told_and_asked_again(login: Login, free_port: FreePort) -> None:
    nowhere = replace(login.vault.settings, address=f"https://127.0.0.1:{free_port()}")
    login.passed = timedelta(hours=SECRET_ID_HOURS / 2 + 1)
    async with opened(Vault(nowhere, AppRole(login.role_id, login.secret_id))) as away:
        renewal = login.of(away)
        with capture_logs() as logs:
            await renewal.look()
            await renewal.look()
            assert renewal.trouble is not None
            renewal._vault = login.vault  # it is back
            await renewal.look()
    assert renewal.trouble is None
    assert [line["event"] for line in logs] == [
        "credentials_unavailable",
        "secret_id_renewed",
        "credentials_available_again",
    ]
    assert login.kept.exists()


async def test_one_that_was_taken_back_is_told_with_the_cure_and_a_new_one_needs_no_restart(
    login: Login, vault_as_operator: Vault
) -> None:
    given = (await issue_identity(vault_as_operator)).secret_id
    login.file.write_text(given)
    await login.renewal.look()
    await vault_as_operator.request("POST", f"{login.vault.settings.gateway_role}/secret-id/destroy", {"secret_id": given})
    login.passed = timedelta(hours=2)
    await login.renewal.look()
    assert login.renewal.trouble is not None
    assert "callgate-gateway/secret-id" in login.renewal.trouble.cure
    assert not login.kept.exists()  # a gateway does not give itself what an operator took away
    assert not await login.works(login.vault)
    login.file.write_text((await issue_identity(vault_as_operator)).secret_id)
    await login.renewal.look()
    assert login.renewal.trouble is None
    assert await login.works(login.vault)


async def test_a_login_from_an_address_that_the_role_is_not_bound_to_is_refused_with_its_cure(
    login: Login, vault_as_operator: Vault
) -> None:
    await bootstrap(vault_as_operator, ["192.0.2.0/24"])
    try:
        with pytest.raises(VaultUnavailable) as refused:
            await login.vault.log_in()
    finally:
        await bootstrap(vault_as_operator)
    assert "--vault-bound-cidr" in refused.value.cure


async def test_a_token_counts_from_the_bound_addresses_only(login: Login, vault_as_operator: Vault) -> None:
    await bootstrap(vault_as_operator, ["127.0.0.0/8"])
    try:
        await login.vault.log_in()
        role = (await vault_as_operator.request("GET", login.vault.settings.gateway_role))["data"]
    finally:
        await bootstrap(vault_as_operator)
    assert (role["token_bound_cidrs"], role["secret_id_bound_cidrs"]) == (["127.0.0.0/8"], ["127.0.0.0/8"])


async def test_a_vault_of_an_earlier_release_is_told_once_and_goes_on(login: Login, vault_as_operator: Vault) -> None:
    policy = '{"path": {"auth/token/revoke-accessor": {"capabilities": ["update"]}}}'
    await vault_as_operator.request("POST", "sys/policies/acl/callgate-gateway", {"policy": policy})
    try:
        with capture_logs() as logs:
            await login.renewal.look()
            login.passed = timedelta(hours=2)
            await login.renewal.look()
    finally:
        await bootstrap(vault_as_operator)
    assert login.renewal.trouble is None
    assert [line["event"] for line in logs] == ["secret_id_not_renewed"]


async def test_a_secret_id_that_never_ends_is_taken_back(login: Login, vault_as_operator: Vault) -> None:
    role = login.vault.settings.gateway_role
    await vault_as_operator.request("POST", role, {"secret_id_ttl": "0"})
    endless = (await issue_identity(vault_as_operator)).secret_id
    await bootstrap(vault_as_operator)
    assert await withdraw_endless(vault_as_operator, endless)
    assert not await withdraw_endless(vault_as_operator, login.file.read_text())
    login.file.write_text(endless)
    assert not await login.works(login.vault)


async def test_a_renewed_one_that_cannot_be_read_is_told_and_the_given_one_counts(login: Login) -> None:
    login.kept.write_text("{")
    with capture_logs() as logs:
        assert login.secret_id.current() == login.file.read_text()
    assert logs[0]["event"] == "renewed_secret_id_unreadable"


async def test_a_gateway_may_not_say_how_long_its_next_one_lives(login: Login) -> None:
    with pytest.raises(VaultRefused) as refused:
        await login.vault.request("POST", f"{login.vault.settings.gateway_role}/secret-id", {"ttl": "9000h"})
    assert refused.value.status == 403

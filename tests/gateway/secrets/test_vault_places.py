"""A Vault whose namespace and mounts are others than the usual: everything is found there, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.operations.doctor import check_vault
from gateway.secrets.provision import bootstrap, issue_identity, provision
from gateway.secrets.roles import roles_for
from gateway.secrets.vault import Vault
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole, FixedToken
from gateway.secrets.vault_reach import VaultReach
from tests.gateway.vaults import opened, purpose_of, version_named


async def test_a_gateway_works_in_a_namespace_with_mounts_of_its_own(
    vault_server: VaultServer, vault_as_operator: Vault, tmp_path: Path
) -> None:
    await vault_as_operator.request("POST", "sys/namespaces/team", {})
    settings = replace(vault_server.settings, namespace="team", approle_mount="callgate/login", kv_mounts=("kv", "other/kv"))
    version = version_named("in-a-namespace", "other/kv/data/payments")
    async with opened(Vault(settings, FixedToken(vault_server.root_token))) as operator:
        await bootstrap(operator, ["127.0.0.0/8"])
        await operator.request("POST", "other/kv/data/payments", {"data": {"token": "of the team"}})
        await provision(operator, roles_for((version,)))
        identity = await issue_identity(operator)
    (tmp_path / "role-id").write_text(identity.role_id)
    (tmp_path / "secret-id").write_text(identity.secret_id)
    login = AppRole(tmp_path / "role-id", tmp_path / "secret-id", path=settings.login_path)
    async with opened(Vault(settings, login)) as gateway:
        findings = await check_vault(gateway)
        assert [one for one in findings if one.warns or not one.ok] == []
        assert "the gateway may not read secrets in other/kv" in [one.detail for one in findings]
        credential = await VaultCredentials(gateway).issue(purpose_of(version), ttl=10)
    async with opened(Vault(settings, FixedToken(credential.wrapping_token))) as box:
        token = (await box.request("POST", "sys/wrapping/unwrap"))["auth"]["client_token"]
    async with opened(Vault(settings, FixedToken(token))) as box:
        assert (await box.request("GET", "other/kv/data/payments"))["data"]["data"]["token"] == "of the team"
    async with opened(Vault(settings, login)) as gateway:
        await VaultCredentials(gateway).revoke(credential.accessor)  # it is used up, which counts as revoked


def test_the_authorities_that_boxes_get_are_read_again_when_they_change(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    reach = VaultReach("https://vault.example", file)
    file.write_text("-----BEGIN CERTIFICATE-----\none")
    assert reach.authorities().endswith("one")
    file.write_text("-----BEGIN CERTIFICATE-----\nanother")
    assert reach.authorities().endswith("another")
    assert VaultReach("https://vault.example").authorities() == ""


@pytest.mark.parametrize("content", [None, "no certificate", "-----BEGIN CERTIFICATE-----" + "x" * (1 << 20)])
def test_authorities_that_no_box_could_use_are_told_by_their_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(VaultUnavailable) as refused:
        VaultReach("https://vault.example", file).authorities()
    assert "CALLGATE_VAULT_CA_FILE" in refused.value.cure

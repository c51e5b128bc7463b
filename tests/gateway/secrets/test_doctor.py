"""The doctor: on healthy parts it finds nothing, and on each broken one what is wrong and the cure."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from gateway.model.errors import StoreUntrusted
from gateway.operations import doctor
from gateway.secrets.provision import GATEWAY, GATEWAY_PATHS, bootstrap
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole

OpenVault = Callable[[], AbstractAsyncContextManager[Vault]]
ENGINE = Path("/run/docker.sock")


def test_a_bootstrapped_vault_has_nothing_wrong(as_gateway: OpenVault) -> None:
    async def scenario() -> list[doctor.PartFinding]:
        async with as_gateway() as gateway:
            return await doctor.check_vault(gateway)

    findings = asyncio.run(scenario())
    assert len(findings) > 5
    assert [finding for finding in findings if not finding.ok] == []


@pytest.mark.parametrize(
    ("path", "capabilities", "wrong"),
    [
        ("secret/data/*", ["read"], "the gateway may read secrets"),
        ("auth/token/create", ["create", "update"], "the gateway may mint tokens without a role"),
        ("auth/token/create/callgate-*", ["create", "update"], "the gateway may mint unwrapped tokens"),
        ("auth/token/revoke-accessor", ["deny"], "the gateway may not revoke tokens"),
    ],
)
def test_a_power_too_many_or_too_few_is_found(
    as_operator: OpenVault, as_gateway: OpenVault, path: str, capabilities: list[str], wrong: str
) -> None:
    async def scenario() -> list[str]:
        policy = json.dumps({"path": {**GATEWAY_PATHS, path: {"capabilities": capabilities}}})
        async with as_operator() as operator, as_gateway() as gateway:
            try:
                await operator.request("POST", f"sys/policies/acl/{GATEWAY}", {"policy": policy})
                return [finding.detail for finding in await doctor.check_vault(gateway) if not finding.ok]
            finally:
                await bootstrap(operator)

    assert wrong in asyncio.run(scenario())


def test_a_vault_that_is_away_is_one_finding_with_a_cure(
    free_port: Callable[[], int], identity_files: Callable[[str, str], AppRole]
) -> None:
    async def scenario() -> list[doctor.PartFinding]:
        vault = Vault(f"http://127.0.0.1:{free_port()}", identity_files("role", "secret"))
        try:
            return await doctor.check_vault(vault)
        finally:
            await vault.aclose()

    (finding,) = asyncio.run(scenario())
    assert not finding.ok
    assert "Start or unseal Vault" in finding.cure


def test_the_running_engine_is_described() -> None:
    findings = asyncio.run(doctor.check_engine(ENGINE))
    assert all(finding.ok for finding in findings)
    assert "cgroup" in findings[0].detail


def test_a_socket_without_an_engine_is_found(tmp_path: Path) -> None:
    for findings in (
        asyncio.run(doctor.check_engine(tmp_path / "no.sock")),
        [asyncio.run(doctor.check_runner_image(tmp_path / "no.sock"))],
    ):
        assert [finding.ok for finding in findings] == [False]
        assert findings[0].cure


@pytest.mark.parametrize(("release", "ok"), [("7.0.15", True), ("9.1.2-rc1", True), ("6.2.14", False)])
def test_the_store_must_be_new_enough(release: str, ok: bool) -> None:
    async def durable() -> None:
        pass

    async def version() -> str:
        return release

    assert [finding.ok for finding in asyncio.run(doctor.check_store(durable, version))] == [True, ok]


def test_a_store_that_is_not_durable_is_found_with_its_cure() -> None:
    async def volatile() -> None:
        raise StoreUntrusted("appendfsync is everysec")

    async def version() -> str:
        return "9.1.2"

    (finding,) = asyncio.run(doctor.check_store(volatile, version))
    assert (finding.ok, finding.cure) == (False, StoreUntrusted.cure)


def test_a_gateway_that_does_not_serve_is_found(free_port: Callable[[], int]) -> None:
    assert not asyncio.run(doctor.check_gateway(f"127.0.0.1:{free_port()}")).ok


def test_a_run_directory_that_is_not_there_is_found(tmp_path: Path) -> None:
    assert doctor.check_run_dir(tmp_path).ok
    assert not doctor.check_run_dir(tmp_path / "missing").ok


def test_a_package_that_is_not_installed_is_found() -> None:
    assert not doctor.check_versions("callgate-no-such-package").ok

"""The doctor: on healthy parts it finds nothing, and on each broken one what is wrong and the cure."""

import asyncio
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.cli.host.doctor import PACKAGES
from gateway.model.errors import StoreUntrusted
from gateway.model.store_standing import ReplicaStanding, StoreStanding
from gateway.model.vault_settings import VaultSettings
from gateway.operations import doctor, engine_checks
from gateway.operations.health_checks import answering, serving
from gateway.operations.run_dir_checks import check_run_dir
from gateway.operations.state_checks import check_state_dir
from gateway.secrets.provision import GATEWAY, bootstrap, gateway_paths
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings
from tests.conftest import ENGINE_SOCKET
from tests.gateway.edge.grpc.serving import fail, server_at
from tests.gateway.vaults import opened
from tests.promises.disks import small_disk


@dataclass
class LookedAt:
    """A store that is as it is told to be."""

    found: StoreStanding | StoreUntrusted

    async def check_durability(self) -> None:
        if isinstance(self.found, StoreUntrusted):
            raise self.found

    async def try_to_write(self) -> None:
        pass

    async def try_functions(self) -> None:
        pass

    async def standing(self) -> StoreStanding:
        assert isinstance(self.found, StoreStanding)
        return self.found


async def test_a_bootstrapped_vault_has_nothing_wrong(vault_as_gateway: Vault) -> None:
    findings = await doctor.check_vault(vault_as_gateway)
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
async def test_a_power_too_many_or_too_few_is_found(
    vault_as_operator: Vault, vault_as_gateway: Vault, path: str, capabilities: list[str], wrong: str
) -> None:
    policy = json.dumps(
        {"path": {**gateway_paths(vault_as_operator.settings.gateway_role), path: {"capabilities": capabilities}}}
    )
    try:
        await vault_as_operator.request("POST", f"sys/policies/acl/{GATEWAY}", {"policy": policy})
        found = [finding.detail for finding in await doctor.check_vault(vault_as_gateway) if not finding.ok]
    finally:
        await bootstrap(vault_as_operator)
    assert wrong in found


async def test_a_login_without_an_end_or_a_place_is_looked_at(vault_as_operator: Vault, vault_as_gateway: Vault) -> None:
    role = vault_as_operator.settings.gateway_role
    await vault_as_operator.request("POST", role, {"secret_id_ttl": "0"})
    try:
        told = [finding.detail for finding in await doctor.check_vault(vault_as_gateway) if finding.warns]
    finally:
        await bootstrap(vault_as_operator)
    assert told == ["the gateway's secret_id never ends", "the gateway's login counts from any address"]


async def test_a_vault_that_is_away_is_one_finding_with_a_cure(
    free_port: Callable[[], int], identity_files: Callable[[str, str], AppRole]
) -> None:
    async with opened(
        Vault(VaultSettings(address=f"https://127.0.0.1:{free_port()}"), identity_files("role", "secret"))
    ) as vault:
        (finding,) = await doctor.check_vault(vault)
    assert not finding.ok
    assert "Start or unseal Vault" in finding.cure


@pytest.mark.docker
@pytest.mark.usefixtures("dockerd")
async def test_the_running_engine_is_described() -> None:
    findings = await engine_checks.check_engine(ENGINE_SOCKET)
    assert all(finding.ok for finding in findings)
    assert "cgroup" in findings[0].detail


@pytest.mark.docker
@pytest.mark.usefixtures("dockerd")
async def test_a_box_is_tried_beside_a_gateway_whose_users_begin_where_the_doctors_would(run_dir: Path) -> None:
    engine = DockerEngine(f"unix://{ENGINE_SOCKET}")
    image = await ensure_runner_image(engine)
    async with DockerPool(engine, image.name, run_dir, "gw-1", PoolSettings(size=1)):
        finding = await engine_checks.check_box(ENGINE_SOCKET, run_dir)
        assert finding.ok, finding
        assert [path.name for path in run_dir.iterdir()] == ["gw-1"], "the doctor leaves nothing"
    await engine.close()


async def test_a_socket_without_an_engine_is_found(tmp_path: Path) -> None:
    for findings in (
        await engine_checks.check_engine(tmp_path / "no.sock"),
        [await engine_checks.check_runner_image(tmp_path / "no.sock")],
    ):
        assert [finding.ok for finding in findings] == [False]
        assert findings[0].cure


@pytest.mark.parametrize(("release", "ok"), [("7.0.15", True), ("9.1.2-rc1", True), ("6.2.14", False)])
async def test_the_store_must_be_new_enough(release: str, ok: bool) -> None:
    findings = await doctor.check_store(LookedAt(StoreStanding(release=release, primary="db:6379", role="master")))
    assert [finding.ok for finding in findings] == [True, ok, True]


async def test_a_store_that_is_not_durable_is_found_with_its_cure() -> None:
    (finding,) = await doctor.check_store(LookedAt(StoreUntrusted("appendfsync is everysec")))
    assert (finding.ok, finding.cure) == (False, StoreUntrusted.cure)


async def test_what_an_operator_has_declared_is_told_apart_from_what_was_checked() -> None:
    standing = StoreStanding(release="7.2.4", primary="db:6379", role="master", declared="three zones, says the contract")
    found = [finding.detail for finding in await doctor.check_store(LookedAt(standing))]
    assert "durability is declared, not checked: three zones, says the contract" in found
    assert "appends always, evicts nothing" not in found


async def test_too_few_replicas_a_replica_that_lags_and_a_sentinel_that_knows_another_primary_are_found() -> None:
    standing = StoreStanding(
        release="9.1.2",
        primary="10.0.0.1:6379",
        role="master",
        replicas=(ReplicaStanding("10.0.0.2:6379", "online", 0), ReplicaStanding("10.0.0.3:6379", "send_bulk", 0)),
        sentinels=(("10.0.0.1:26379", "10.0.0.1:6379"), ("10.0.0.2:26379", "10.0.0.2:6379"), ("10.0.0.3:26379", "silent")),
        wait=2,
        wait_ms=100,
    )
    wrong = [finding.detail for finding in await doctor.check_store(LookedAt(standing)) if not finding.ok]
    assert wrong == [
        "replica 10.0.0.3:6379 is not online: send_bulk",
        "a permission waits for 2 replicas for 100 ms; 1 are online",
        "sentinel 10.0.0.2:26379: 10.0.0.2:6379",
        "sentinel 10.0.0.3:26379: silent",
    ]


async def test_a_gateway_that_does_not_serve_is_found(free_port: Callable[[], int]) -> None:
    assert not (await doctor.check_gateway(f"127.0.0.1:{free_port()}")).ok


async def test_a_gateway_that_does_not_serve_calls_is_found_with_what_it_does_not_serve(free_port: Callable[[], int]) -> None:
    server = server_at(f"127.0.0.1:{free_port()}", fail, reflection=False)
    await server.start()
    assert (await doctor.check_gateway(server.config.listen)).ok
    await server.tell(records=True, calls=False)
    finding = await doctor.check_gateway(server.config.listen)
    assert not finding.ok
    assert finding.detail.endswith("NOT_SERVING for callgate.v1.InvocationService")
    assert "no restart" in finding.cure
    assert await answering(server.config.listen), "it is there, and is not to be started again"
    assert not await serving(server.config.listen)
    await server.stop()


async def test_a_socket_that_speaks_something_else_is_no_engine_that_is_to_be_started(run_dir: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_unix_server(talk, run_dir / "mail.sock")
    (finding,) = await engine_checks.check_engine(run_dir / "mail.sock")
    assert (finding.ok, finding.cure) == (False, EngineTrouble.FOREIGN.cure)
    server.close()


def test_a_disk_has_room_or_has_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_checks.check_room("state", tmp_path / "not" / "there" / "yet").ok
    monkeypatch.setattr(engine_checks, "LEAST_ROOM", 2**63)
    finding = engine_checks.check_room("state", tmp_path)
    assert (finding.ok, finding.cure) == (False, EngineTrouble.DISK_FULL.cure)


def test_a_state_directory_that_is_absent_is_said_to_be_and_where_none_is_set_the_doctor_warns(tmp_path: Path) -> None:
    absent, room = check_state_dir(tmp_path / "not" / "there")
    assert (absent.ok, absent.warns, absent.detail) == (True, True, f"{tmp_path}/not/there is absent")
    assert "is absent, and its disk has" in room.detail
    (unset,) = check_state_dir(None)
    assert (unset.ok, unset.warns) == (True, True)
    assert "CALLGATE_STATE_DIR" in unset.cure
    there, room = check_state_dir(tmp_path)
    assert (there.ok, there.warns, room.ok) == (True, False, True)
    assert "absent" not in room.detail


def test_a_state_directory_that_is_a_file_or_only_for_reading_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for place in (tmp_path / "file", tmp_path / "file" / "state", tmp_path / "dangling"):
        (finding,) = check_state_dir(place)
        assert not finding.ok
        assert "is no directory" in finding.detail
    with small_disk("64k") as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for place in (disk, disk / "state"):
            (finding,) = check_state_dir(place)
            assert not finding.ok
            assert "read-only" in finding.cure


def test_a_run_directory_that_is_not_there_is_found_as_is_one_whose_path_is_too_long() -> None:
    with TemporaryDirectory(prefix="cg-", dir="/tmp") as directory:
        assert check_run_dir(Path(directory)).ok
        assert "mkdir" in check_run_dir(Path(directory) / "missing").cure
        assert "shorter path" in check_run_dir(Path(directory) / ("long" * 20)).cure


def test_the_packages_that_are_shown_are_those_of_a_gateway_and_not_of_its_tests() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    needed = {re.split("[^A-Za-z0-9_-]", one)[0] for one in project["dependencies"]}
    assert set(PACKAGES) <= needed | {project["name"]}


def test_a_package_that_is_not_installed_is_found() -> None:
    assert not doctor.check_versions("callgate-no-such-package").ok

"""The servers of an embedded stack: they start, keep what they were told, and leave nothing running."""

import json
import stat

import pytest

from gateway.embedded.errors import HomeInUse, PartFailed, PartMissing
from gateway.embedded.options import StackOptions
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.client import Store
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken
from tests.conftest import wait_until
from tests.gateway.embedded.processes import Supervise, processes_of
from tests.gateway.vaults import opened

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("dockerd")]

SUPERVISOR = """
import asyncio, sys
from pathlib import Path
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir

async def run():
    async with Stack(StateDir(Path(sys.argv[1]))):
        print("started", flush=True)
        await asyncio.sleep(600)

asyncio.run(run())
"""


def store_of(stack: Stack) -> Store:
    return Store(RedisSettings(url=stack.settings["CALLGATE_REDIS_URL"], password_file=stack.state.store_password))


def vault_of(stack: Stack) -> Vault:
    return Vault(vault_settings(stack.settings), FixedToken(stack.state.root_token.read_text()))


async def test_a_stack_starts_durable_servers_and_ends_clean(state: StateDir) -> None:
    async with Stack(state) as stack:
        assert len(processes_of(state.home)) == 2
        assert not stack.engine.ours  # one runs already: it is left alone
        store = store_of(stack)
        await store.check_durability()
        await store.close()
        gateway = Vault(vault_settings(stack.settings), AppRole(state.role_id, state.secret_id))
        await gateway.log_in()
        await gateway.aclose()
    assert processes_of(state.home) == {}


@pytest.mark.slow
async def test_a_second_start_finds_the_secrets_of_the_first(state: StateDir) -> None:
    async with Stack(state) as stack, opened(vault_of(stack)) as vault:
        await vault.request("POST", "secret/data/kept", {"data": {"token": "kept"}})
    kept = {path: path.read_text() for path in (state.token, state.role_id, state.secret_id, state.store_password)}
    async with Stack(state) as stack, opened(vault_of(stack)) as vault:
        answer = await vault.request("GET", "secret/data/kept")
    assert answer["data"]["data"]["token"] == "kept"
    assert kept == {path: path.read_text() for path in kept}


async def test_two_stacks_do_not_share_a_home(state: StateDir) -> None:
    with state.hold(), pytest.raises(HomeInUse) as caught:
        async with Stack(state):
            pass
    assert "--home" in caught.value.cure


@pytest.mark.slow
async def test_a_part_that_does_not_start_takes_the_others_down(state: StateDir) -> None:
    async with Stack(state):
        pass
    state.unseal_key.unlink()
    with pytest.raises(PartFailed, match="its key vault-unseal-key is gone"):
        async with Stack(state):
            pass
    assert processes_of(state.home) == {}
    with state.hold():  # the home is free again
        pass


async def test_without_an_engine_and_a_way_to_start_one_the_cure_is_said(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PartMissing) as caught:
        async with Stack(state, StackOptions(docker_socket=state.home / "no.sock")):
            pass
    assert "docker.io" in caught.value.cure


async def test_only_the_owner_can_read_what_is_kept(state: StateDir) -> None:
    async with Stack(state):
        pass
    assert stat.S_IMODE(state.home.stat().st_mode) == 0o700
    secrets = [state.token, state.store_password, state.root_token, state.unseal_key, state.role_id, state.secret_id]
    for path in (*secrets, state.principals, state.store / "store.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.slow
async def test_principals_that_the_operator_added_are_kept(state: StateDir) -> None:
    other = {"tenant": "acme", "agent": "planner", "subject": "jo", "tools": ["orders_*"]}
    async with Stack(state):
        pass
    principals = json.loads(state.principals.read_text())
    state.principals.write_text(json.dumps({**principals, "0" * 64: other}))
    async with Stack(state):
        pass
    principals = json.loads(state.principals.read_text())
    assert principals["0" * 64] == other
    assert len(principals) == 2


@pytest.mark.slow
async def test_a_killed_stack_leaves_no_server_and_a_home_that_starts_again(state: StateDir, supervise: Supervise) -> None:
    supervisor = supervise(SUPERVISOR, state.home)
    assert len(processes_of(state.home)) == 3
    supervisor.kill()
    supervisor.wait()  # a process that is being killed keeps its lock a little longer than its command line
    wait_until(lambda: not processes_of(state.home), seconds=5)
    async with Stack(state):
        pass

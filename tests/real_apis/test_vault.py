"""Vault as operators have it: with namespaces, mounts of other names, and an authority that changes."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from callgate import Client
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import RequestInvalid
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.provision import bootstrap, issue_identity, provision
from gateway.secrets.roles import CredentialRole
from gateway.secrets.upstream_secrets import known_fields, write_field
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken
from tests.conftest import FreePort
from tests.e2e.house import SCHEME, House
from tests.e2e.second_gateway import SecondGateway
from tests.gateway.vaults import opened, running

from .conftest import Situate, Situation
from .recipes import Recipes, answer

PATHS = {"/plain": {"get": {"operationId": "plain"}}}
BEARER: dict[str, Any] = {
    "components": {"securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer"}}},
    "security": [{SCHEME: []}],
}


@pytest.fixture
def plain(recipes: Recipes) -> Recipes:
    recipes.tell("GET", "/plain", answer(200, b'{"plain": true}'))
    return recipes


@pytest.fixture
def team(house: House) -> str:
    """A namespace of the house's Vault, with an engine `kv` in it."""
    name = f"team-{secrets.token_hex(4)}"
    house.vault("POST", f"sys/namespaces/{name}", {})
    house.vault("POST", f"{name}/sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
    return name


def with_secret(situation: Situate, path: str, **manifest: Any) -> Situation:
    return situation(PATHS, manifest={"credentials": {SCHEME: {"path": path, "field": "token"}}, **manifest}, **BEARER)


def test_a_manifest_names_the_namespace_of_its_secrets(house: House, situation: Situate, plain: Recipes, team: str) -> None:
    house.vault("POST", f"{team}/kv/data/orders", {"data": {"token": "of the team"}})
    made = with_secret(situation, "kv/data/orders", vault_namespace=team)
    assert {role.secret_path for role in made.report.roles} == {f"{team}/kv/data/orders"}
    house.make_roles(made.report)
    assert made.call("plain").json() == {"plain": True}
    assert plain.requests[0].headers["authorization"] == "Bearer of the team"


def test_the_credential_of_one_operation_lies_in_the_namespace_too(
    house: House, situation: Situate, plain: Recipes, team: str
) -> None:
    house.vault("POST", f"{team}/kv/data/orders", {"data": {"key": "of the team"}})
    placed = {"path": "kv/data/orders", "field": "key", "place": "header", "name": "X-Key"}
    made = situation(PATHS, manifest={"vault_namespace": team, "defaults": {"credential": placed}})
    house.make_roles(made.report)
    assert made.call("plain").json() == {"plain": True}
    assert plain.requests[0].headers["x-key"] == "of the team"


def test_an_operator_stores_a_secret_in_a_namespace_and_is_told_which_fields_it_has(house: House, team: str) -> None:
    async def store() -> frozenset[str] | None:
        settings, token = vault_settings(house.settings), FixedToken(house.state.root_token.read_text())
        async with opened(Vault(settings, token, patience=10)) as operator:
            await write_field(operator, f"{team}/kv/data/orders", "token", "of the team")
            await write_field(operator, f"{team}/kv/data/orders", "other", "beside it")
            with pytest.raises(RequestInvalid) as refused:
                await known_fields(operator, f"{team}/kv/orders")
            assert f"{team}/kv/data/orders" in refused.value.cure
            return await known_fields(operator, f"{team}/kv/data/orders")

    assert house.run_async(store()) == frozenset(("token", "other"))
    assert house.vault("GET", f"{team}/kv/data/orders")["data"]["data"] == {"token": "of the team", "other": "beside it"}


def test_an_engine_of_another_name_is_read_as_the_usual_one(house: House, situation: Situate, plain: Recipes) -> None:
    mount = f"engines/kv-{secrets.token_hex(4)}"
    house.vault("POST", f"sys/mounts/{mount}", {"type": "kv", "options": {"version": "1"}})
    house.vault("POST", f"{mount}/orders", {"token": "of an old engine"})
    made = with_secret(situation, f"{mount}/orders")
    house.make_roles(made.report)
    assert made.call("plain").json() == {"plain": True}
    assert plain.requests[0].headers["authorization"] == "Bearer of an old engine"


@dataclass(frozen=True)
class FarVault:
    """A Vault of its own, with a gateway whose role, tokens and secrets lie in a namespace there, on mounts of other names."""

    server: VaultServer
    state: StateDir
    settings: VaultSettings
    house: House
    client: Client

    def provide(self, made: Situation, path: str, token: str) -> None:
        roles = [CredentialRole(role.name, role.secret_path, role.max_ttl) for role in made.report.roles]

        async def write() -> None:
            async with opened(self.operator()) as operator:
                await operator.request("POST", path, {"data": {"token": token}})
                await provision(operator, roles)

        self.house.run_async(write())

    def operator(self) -> Vault:
        return Vault(self.settings, FixedToken(self.server.root_token), patience=10)


@pytest.fixture
def far(house: House, free_port: FreePort) -> Iterator[FarVault]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="cgv-", dir="/tmp"))
        state = stack.enter_context(StateDir(Path(home)).hold())
        server = stack.enter_context(running(state))
        settings = replace(server.settings, namespace="acme/tools", approle_mount="callgate/login", kv_mounts=("kv",))
        house.run_async(_prepare(server, settings, state))
        gateway = stack.enter_context(SecondGateway(house, free_port, _named(settings, state)))
        yield FarVault(server, state, settings, house, stack.enter_context(gateway.connect()))


def _named(settings: VaultSettings, state: StateDir) -> dict[str, str]:
    return {
        "CALLGATE_VAULT_ADDRESS": settings.address,
        "CALLGATE_VAULT_CA_FILE": str(settings.ca_file),
        "CALLGATE_VAULT_NAMESPACE": str(settings.namespace),
        "CALLGATE_VAULT_APPROLE_MOUNT": settings.approle_mount,
        "CALLGATE_VAULT_KV_MOUNTS": ",".join(settings.kv_mounts),
        "CALLGATE_VAULT_ROLE_ID_FILE": str(state.role_id),
        "CALLGATE_VAULT_SECRET_ID_FILE": str(state.secret_id),
        "CALLGATE_STATE_DIR": str(state.gateway),
    }


async def _prepare(server: VaultServer, settings: VaultSettings, state: StateDir) -> None:
    """The namespaces, the gateway's role there, and the files of its login."""
    async with opened(Vault(server.settings, FixedToken(server.root_token), patience=10)) as root:
        await root.request("POST", "sys/namespaces/acme", {})
        await root.request("POST", "acme/sys/namespaces/tools", {})
    async with opened(Vault(settings, FixedToken(server.root_token), patience=10)) as operator:
        await bootstrap(operator, ["127.0.0.0/8"])
        identity = await issue_identity(operator)
    state.role_id.write_text(identity.role_id)
    state.secret_id.write_text(identity.secret_id)


def test_a_gateway_works_in_a_namespace_on_other_mounts_and_follows_an_authority_that_changes(
    far: FarVault, situation: Situate, plain: Recipes
) -> None:
    made = with_secret(situation, "kv/data/orders")
    far.provide(made, "kv/data/orders", "of the namespace")
    plain_tool = made.name("plain")
    assert far.client.call(plain_tool, {}).json() == {"plain": True}
    before = far.state.vault_ca.read_text()
    far.state.vault_ca.unlink()
    far.server.renew()  # another authority signs, and the server shows that certificate from now on
    assert before not in far.state.vault_ca.read_text()
    assert far.client.call(plain_tool, {}).json() == {"plain": True}
    far.provide(made, "kv/data/orders", "as it is now")
    assert far.client.call(plain_tool, {}).json() == {"plain": True}
    shown = [request.headers["authorization"] for request in plain.requests]
    assert shown == ["Bearer of the namespace"] * 2 + ["Bearer as it is now"]

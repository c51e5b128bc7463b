"""What a call's token and the gateway itself may do in Vault, tried on a real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Protocol

import pytest

from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import CredentialNotProvisioned, RequestInvalid
from gateway.secrets.provision import GATEWAY, bootstrap, gateway_paths, provision
from gateway.secrets.roles import CredentialRole, roles_for
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import VaultCredentials, role_of
from gateway.secrets.vault_login import FixedToken, JsonObject
from registry.model.tool import CredentialBinding, ToolVersion
from tests.gateway.vaults import opened, purpose_of, version_named

Bearer = Callable[[str], AbstractAsyncContextManager[Vault]]


class Mint(Protocol):
    """Provisions the version, stores its secret, issues a token as the gateway does, and opens it as the box does."""

    async def __call__(self, version: ToolVersion, *, ttl: float = 10) -> JsonObject: ...


async def refusal(request: Awaitable[object]) -> int:
    with pytest.raises(VaultRefused) as caught:
        await request
    return caught.value.status


@pytest.fixture
def as_bearer(vault_server: VaultServer) -> Bearer:
    """A connection of a caller that holds this token, and nothing else."""
    return lambda token: opened(Vault(vault_server.settings, FixedToken(token)))


@pytest.fixture
def unwrapped(vault_as_operator: Vault, vault_as_gateway: Vault, as_bearer: Bearer) -> Mint:
    async def mint(version: ToolVersion, *, ttl: float = 10) -> JsonObject:
        assert version.draft.credential
        value = {"data": {"token": f"value of {version.name}"}}
        await provision(vault_as_operator, roles_for((version,)))
        await vault_as_operator.request("POST", version.draft.credential.path, value)
        credential = await VaultCredentials(vault_as_gateway).issue(purpose_of(version), ttl=ttl)
        async with as_bearer(credential.wrapping_token) as box:
            auth: JsonObject = (await box.request("POST", "sys/wrapping/unwrap"))["auth"]
        assert auth["accessor"] == credential.accessor
        return auth

    return mint


async def test_each_token_reads_its_own_secret_and_no_other(unwrapped: Mint, as_bearer: Bearer) -> None:
    paths = [f"secret/data/matrix-{number}" for number in range(3)]

    async def read(row: int, column: int) -> str | int:
        auth = await unwrapped(version_named(f"tool-{row}", paths[row]))
        async with as_bearer(auth["client_token"]) as box:
            try:
                return str((await box.request("GET", paths[column]))["data"]["data"]["token"])
            except VaultRefused as refused:
                return refused.status

    for row in range(3):
        for column in range(3):
            assert await read(row, column) == (f"value of tool-{row}" if row == column else 403)


async def test_a_token_of_several_secrets_reads_each_of_them_once_and_no_other(
    unwrapped: Mint, as_bearer: Bearer, vault_as_operator: Vault
) -> None:
    paths = [f"secret/data/several-{number}" for number in range(3)]
    for path in paths:
        await vault_as_operator.request("POST", path, {"data": {"token": path}})
    version = version_named("several", paths[0])
    further = tuple(CredentialBinding(path, "token", {"place": "query", "name": path}) for path in (paths[1], paths[0]))
    both = replace(version, draft=replace(version.draft, further_credentials=further))
    auth = await unwrapped(both)
    async with as_bearer(auth["client_token"]) as box:
        assert [(await box.request("GET", path))["data"]["data"].keys() for path in paths[:2]] == [{"token"}] * 2
        assert await refusal(box.request("GET", paths[0])) == 403
    auth = await unwrapped(both)
    async with as_bearer(auth["client_token"]) as box:
        assert await refusal(box.request("GET", paths[2])) == 403


def test_a_version_of_several_secrets_of_one_path_needs_that_one(vault_server: VaultServer) -> None:
    version = version_named("one-path")
    (again,) = version.draft.credentials
    (role,) = roles_for((replace(version, draft=replace(version.draft, further_credentials=(again,))),))
    assert (role.secret_path, role.further_paths, role.paths) == (again.path, (), (again.path,))


async def test_a_token_is_bare_of_everything_but_its_one_policy(unwrapped: Mint, vault_as_operator: Vault) -> None:
    version = version_named("bare")
    auth = await unwrapped(version)
    token = (await vault_as_operator.request("POST", "auth/token/lookup-accessor", {"accessor": auth["accessor"]}))["data"]
    assert token["policies"] == [role_of(version)]
    assert (token["orphan"], token["renewable"], token["num_uses"], token["type"]) == (True, False, 1, "service")
    assert token["ttl"] <= 10
    assert token["meta"] == {
        "tenant": "acme",
        "invocation": "inv-1",
        "attempt": "1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "tool": version.reference,
        "digest": version.digest,
    }


async def test_a_token_cannot_outlive_its_attempt_by_much_whatever_is_asked_for(unwrapped: Mint) -> None:
    auth = await unwrapped(version_named("long"), ttl=600)
    assert auth["lease_duration"] == 38  # 7.5 s for the attempt, rounded up, and 30 s


@pytest.mark.parametrize(
    "forbidden",
    [
        ("POST", "auth/token/renew-self", {}),
        ("POST", "auth/token/create", {}),
        ("GET", "auth/token/lookup-self", None),
        ("GET", "cubbyhole/mine", None),
        ("LIST", "secret/metadata", None),
        ("GET", "sys/mounts", None),
        ("POST", "secret/data/payments", {"data": {}}),
    ],
)
async def test_a_token_can_do_nothing_but_read(
    unwrapped: Mint, as_bearer: Bearer, forbidden: tuple[str, str, JsonObject | None]
) -> None:
    auth = await unwrapped(version_named("reader"))
    async with as_bearer(auth["client_token"]) as box:
        assert await refusal(box.request(*forbidden)) == 403
        assert await refusal(box.request("GET", "secret/data/payments")) == 403  # the attempt has used it up


async def test_a_token_reads_once(unwrapped: Mint, as_bearer: Bearer) -> None:
    auth = await unwrapped(version_named("once"))
    async with as_bearer(auth["client_token"]) as box:
        await box.request("GET", "secret/data/payments")
        assert await refusal(box.request("GET", "secret/data/payments")) == 403


async def test_a_wrapping_token_opens_once(vault_as_gateway: Vault, vault_as_operator: Vault, as_bearer: Bearer) -> None:
    version = version_named("wrapped")
    await provision(vault_as_operator, roles_for((version,)))
    credential = await VaultCredentials(vault_as_gateway).issue(purpose_of(version), ttl=10)
    async with as_bearer(credential.wrapping_token) as box:
        await box.request("POST", "sys/wrapping/unwrap")
        assert await refusal(box.request("POST", "sys/wrapping/unwrap")) in {400, 403}


async def test_the_gateway_ends_a_token_at_once(unwrapped: Mint, vault_as_gateway: Vault, as_bearer: Bearer) -> None:
    auth = await unwrapped(version_named("revoked"))
    await VaultCredentials(vault_as_gateway).revoke(auth["accessor"])
    async with as_bearer(auth["client_token"]) as box:
        assert await refusal(box.request("GET", "secret/data/payments")) == 403


@pytest.mark.parametrize(
    "forbidden",
    [
        ("POST", "auth/token/create/ROLE", {}, None),  # unwrapped: the gateway would hold it
        ("POST", "auth/token/create/ROLE", {}, "120s"),
        ("POST", "auth/token/create", {}, "10s"),
        ("POST", "auth/token/create/another-role", {}, "10s"),
        ("POST", "auth/token/create-orphan", {}, "10s"),
        ("POST", "auth/token/roles/ROLE", {"allowed_policies": ["root"]}, None),
        ("GET", "secret/data/payments", None, None),
        ("LIST", "secret/metadata", None, None),
        ("LIST", "auth/token/accessors", None, None),
        ("GET", f"sys/policies/acl/{GATEWAY}", None, None),
        ("POST", f"auth/approle/role/{GATEWAY}/secret-id", {"ttl": "9000h"}, None),
        ("POST", f"auth/approle/role/{GATEWAY}/secret-id", {"cidr_list": ["0.0.0.0/0"]}, None),
        ("POST", f"auth/approle/role/{GATEWAY}/secret-id", {"token_bound_cidrs": ["0.0.0.0/0"]}, None),
        ("POST", f"auth/approle/role/{GATEWAY}/custom-secret-id", {"secret_id": "one that others know, too"}, None),
        ("POST", f"auth/approle/role/{GATEWAY}", {"secret_id_ttl": "0"}, None),
        ("POST", f"auth/approle/role/{GATEWAY}/secret-id-ttl", {"secret_id_ttl": "0"}, None),
        ("GET", f"auth/approle/role/{GATEWAY}/role-id", None, None),
        ("LIST", f"auth/approle/role/{GATEWAY}/secret-id", None, None),
        ("GET", "auth/token/lookup-self", None, None),
    ],
)
async def test_the_gateway_is_forbidden(
    vault_as_operator: Vault, vault_as_gateway: Vault, forbidden: tuple[str, str, JsonObject | None, str | None]
) -> None:
    method, path, body, wrap_ttl = forbidden
    version = version_named("forbidden")
    await provision(vault_as_operator, roles_for((version,)))
    real_path = path.replace("ROLE", role_of(version))
    assert await refusal(vault_as_gateway.request(method, real_path, body, wrap_ttl=wrap_ttl)) == 403


async def test_the_gateway_gets_no_more_policies_than_the_role_allows(
    vault_as_operator: Vault, vault_as_gateway: Vault
) -> None:
    version = version_named("greedy")
    await provision(vault_as_operator, roles_for((version,)))
    body = {"policies": ["root"]}
    assert await refusal(vault_as_gateway.request("POST", f"auth/token/create/{role_of(version)}", body, wrap_ttl="10s")) == 400


async def living_tokens(vault: Vault) -> AsyncIterator[JsonObject]:
    """Every token of this Vault. One that ends between the listing and its look-up (status 400) lives no more."""
    for accessor in (await vault.request("LIST", "auth/token/accessors"))["data"]["keys"]:
        try:
            yield (await vault.request("POST", "auth/token/lookup-accessor", {"accessor": accessor}))["data"]
        except VaultRefused as ended:
            if ended.status != 400:
                raise


async def test_the_gateways_powers_are_the_golden_list(vault_as_operator: Vault, vault_as_gateway: Vault) -> None:
    golden = {
        "auth/token/create/callgate-x": ["create", "update"],
        "auth/token/revoke-accessor": ["update"],
        "auth/token/create": ["deny"],
        "auth/token/create/x": ["deny"],
        "auth/token/renew-self": ["deny"],
        "auth/token/revoke-self": ["deny"],
        "auth/token/lookup-accessor": ["deny"],
        "secret/data/payments": ["deny"],
        "secret/metadata/payments": ["deny"],
        "cubbyhole/x": ["deny"],
        "sys/capabilities-self": ["deny"],
        "sys/wrapping/unwrap": ["deny"],
        "sys/policies/acl/callgate-gateway": ["deny"],
        "sys/seal": ["deny"],
        "identity/entity": ["deny"],
    }
    await vault_as_gateway.log_in()
    mine = [token async for token in living_tokens(vault_as_operator) if token["policies"] == [GATEWAY]]
    assert mine
    body = {"accessor": mine[-1]["accessor"], "paths": list(golden)}
    found = (await vault_as_operator.request("POST", "sys/capabilities-accessor", body))["data"]
    assert {path: sorted(found[path]) for path in golden} == golden


def test_the_gateways_policy_names_its_tokens_and_its_own_role() -> None:
    role = "auth/approle/role/callgate-gateway"
    own = [f"{role}/secret-id", f"{role}/secret-id/lookup", role]
    assert list(gateway_paths(role)) == ["auth/token/create/callgate-*", "auth/token/revoke-accessor", *own]


async def test_bootstrap_and_provision_may_be_repeated(vault_as_operator: Vault) -> None:
    version = version_named("again")
    await bootstrap(vault_as_operator)
    await provision(vault_as_operator, roles_for((version,)))
    before = await vault_as_operator.request("GET", f"auth/token/roles/{role_of(version)}")
    await provision(vault_as_operator, roles_for((version,)))
    after = await vault_as_operator.request("GET", f"auth/token/roles/{role_of(version)}")
    assert before["data"] == after["data"]


@pytest.mark.parametrize(
    "path",
    [
        "", "secret", "/secret/data/x", "secret/x/", "secret//x", "secret/./x", "secret/../sys/mounts",
        "secret/data/*", "secret/+/x", "secret/data/{{identity}}", 'secret/"}', "secret/data/x?list=true",
        "secret/data/x\n", "secret/data/x y", "secret/data/é",
    ],
)  # fmt: skip
async def test_a_path_that_a_policy_would_not_take_literally_is_refused(vault_as_operator: Vault, path: str) -> None:
    good, bad = version_named("good-beside-bad"), version_named("bad", path)
    with pytest.raises(RequestInvalid):
        await provision(vault_as_operator, roles_for((good, bad)))
    assert await refusal(vault_as_operator.request("GET", f"auth/token/roles/{role_of(good)}")) == 404  # nothing was written


@pytest.mark.parametrize("name", [GATEWAY, "root", "callgate-0123", f"callgate-{'g' * 24}", f"callgate-{'0' * 24}/x"])
async def test_only_a_name_that_a_gateway_makes_becomes_a_role(vault_as_operator: Vault, name: str) -> None:
    with pytest.raises(RequestInvalid):
        await provision(vault_as_operator, [CredentialRole(name, "secret/data/payments", 30)])


async def test_a_role_of_before_toolsets_had_owners_serves_the_tenant_that_owns_them_now_and_no_other(
    vault_as_operator: Vault, vault_as_gateway: Vault
) -> None:
    version = version_named("of-before", "secret/data/of-before")
    await provision(vault_as_operator, roles_for((version,)))
    credentials = VaultCredentials(vault_as_gateway, of_before=lambda tenant: tenant == "acme")
    for _ in range(2):
        assert (await credentials.issue(purpose_of(replace(version, owner="acme")), ttl=10)).accessor
    with pytest.raises(CredentialNotProvisioned):
        await credentials.issue(purpose_of(replace(version, owner="globex")), ttl=10)


async def test_a_role_is_of_one_owner(vault_as_operator: Vault, vault_as_gateway: Vault) -> None:
    version = version_named("of-two", "secret/data/of-two")
    await provision(vault_as_operator, roles_for((replace(version, owner="acme"),)))
    credentials = VaultCredentials(vault_as_gateway)
    assert (await credentials.issue(purpose_of(replace(version, owner="acme")), ttl=10)).accessor
    with pytest.raises(CredentialNotProvisioned):
        await credentials.issue(purpose_of(replace(version, owner="globex")), ttl=10)

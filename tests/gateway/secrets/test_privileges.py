"""Who may do what in Vault, tried on a real one: a call's token, and the gateway itself."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from gateway.model.errors import RequestInvalid
from gateway.secrets.credentials import Purpose
from gateway.secrets.provision import GATEWAY, GATEWAY_PATHS, bootstrap, provision
from gateway.secrets.roles import CredentialRole, roles_for
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import VaultCredentials, role_of
from registry.model.tool import ToolVersion

OpenVault = Callable[[], AbstractAsyncContextManager[Vault]]
MakePurpose = Callable[[ToolVersion], Purpose]
Bearer = Callable[[str], AbstractAsyncContextManager[Vault]]
Mint = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


async def refusal(request: Awaitable[Any]) -> int:
    with pytest.raises(VaultRefused) as caught:
        await request
    return caught.value.status


@pytest.fixture
def unwrapped(as_operator: OpenVault, as_gateway: OpenVault, as_bearer: Bearer, make_purpose: MakePurpose) -> Mint:
    """Provision the version, store its secret, issue a token as the gateway does, and open it as the box does."""

    async def mint(version: ToolVersion, *, ttl: float = 10) -> dict[str, Any]:
        assert version.draft.credential
        async with as_operator() as operator:
            await provision(operator, roles_for((version,)))
            await operator.request("POST", version.draft.credential.path, {"data": {"token": f"value of {version.name}"}})
        async with as_gateway() as gateway:
            credential = await VaultCredentials(gateway).issue(make_purpose(version), ttl=ttl)
        async with as_bearer(credential.wrapping_token) as box:
            auth: dict[str, Any] = (await box.request("POST", "sys/wrapping/unwrap"))["auth"]
        assert auth["accessor"] == credential.accessor
        return auth

    return mint


def test_each_token_reads_its_own_secret_and_no_other(
    unwrapped: Mint, as_bearer: Bearer, make_version: Callable[..., ToolVersion]
) -> None:
    paths = [f"secret/data/matrix-{number}" for number in range(3)]

    async def read(row: int, column: int) -> str | int:
        auth = await unwrapped(make_version(f"tool-{row}", paths[row]))
        async with as_bearer(auth["client_token"]) as box:
            try:
                return str((await box.request("GET", paths[column]))["data"]["data"]["token"])
            except VaultRefused as refused:
                return refused.status

    async def scenario() -> None:
        for row in range(3):
            for column in range(3):
                assert await read(row, column) == (f"value of tool-{row}" if row == column else 403)

    asyncio.run(scenario())


def test_a_token_is_bare_of_everything_but_its_one_policy(
    unwrapped: Mint,
    as_operator: OpenVault,
    make_version: Callable[..., ToolVersion],
) -> None:
    async def scenario() -> None:
        version = make_version("bare")
        auth = await unwrapped(version)
        async with as_operator() as operator:
            token = (await operator.request("POST", "auth/token/lookup-accessor", {"accessor": auth["accessor"]}))["data"]
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

    asyncio.run(scenario())


def test_a_token_cannot_outlive_its_attempt_by_much_whatever_is_asked_for(
    unwrapped: Mint, make_version: Callable[..., ToolVersion]
) -> None:
    auth = asyncio.run(unwrapped(make_version("long"), ttl=600))
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
def test_a_token_can_do_nothing_but_read(
    unwrapped: Mint,
    as_bearer: Bearer,
    make_version: Callable[..., ToolVersion],
    forbidden: tuple[str, str, dict[str, Any] | None],
) -> None:
    async def scenario() -> None:
        auth = await unwrapped(make_version("reader"))
        async with as_bearer(auth["client_token"]) as box:
            assert await refusal(box.request(*forbidden)) == 403
            assert await refusal(box.request("GET", "secret/data/payments")) == 403  # the attempt has used it up

    asyncio.run(scenario())


def test_a_token_reads_once(unwrapped: Mint, as_bearer: Bearer, make_version: Callable[..., ToolVersion]) -> None:
    async def scenario() -> None:
        auth = await unwrapped(make_version("once"))
        async with as_bearer(auth["client_token"]) as box:
            await box.request("GET", "secret/data/payments")
            assert await refusal(box.request("GET", "secret/data/payments")) == 403

    asyncio.run(scenario())


def test_a_wrapping_token_opens_once(
    as_gateway: OpenVault,
    as_operator: OpenVault,
    as_bearer: Bearer,
    make_version: Callable[..., ToolVersion],
    make_purpose: MakePurpose,
) -> None:
    async def scenario() -> None:
        version = make_version("wrapped")
        async with as_operator() as operator, as_gateway() as gateway:
            await provision(operator, roles_for((version,)))
            credential = await VaultCredentials(gateway).issue(make_purpose(version), ttl=10)
        async with as_bearer(credential.wrapping_token) as box:
            await box.request("POST", "sys/wrapping/unwrap")
            assert await refusal(box.request("POST", "sys/wrapping/unwrap")) in {400, 403}

    asyncio.run(scenario())


def test_the_gateway_ends_a_token_at_once(
    unwrapped: Mint,
    as_gateway: OpenVault,
    as_bearer: Bearer,
    make_version: Callable[..., ToolVersion],
) -> None:
    async def scenario() -> None:
        auth = await unwrapped(make_version("revoked"))
        async with as_gateway() as gateway:
            await VaultCredentials(gateway).revoke(auth["accessor"])
        async with as_bearer(auth["client_token"]) as box:
            assert await refusal(box.request("GET", "secret/data/payments")) == 403

    asyncio.run(scenario())


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
        ("POST", f"auth/approle/role/{GATEWAY}/secret-id", {}, None),
        ("GET", "auth/token/lookup-self", None, None),
    ],
)
def test_the_gateway_is_forbidden(
    as_operator: OpenVault,
    as_gateway: OpenVault,
    make_version: Callable[..., ToolVersion],
    forbidden: tuple[str, str, dict[str, Any] | None, str | None],
) -> None:
    method, path, body, wrap_ttl = forbidden

    async def scenario() -> None:
        version = make_version("forbidden")
        async with as_operator() as operator, as_gateway() as gateway:
            await provision(operator, roles_for((version,)))
            real_path = path.replace("ROLE", role_of(version))
            assert await refusal(gateway.request(method, real_path, body, wrap_ttl=wrap_ttl)) == 403

    asyncio.run(scenario())


def test_the_gateway_gets_no_more_policies_than_the_role_allows(
    as_operator: OpenVault, as_gateway: OpenVault, make_version: Callable[..., ToolVersion]
) -> None:
    async def scenario() -> None:
        version = make_version("greedy")
        async with as_operator() as operator, as_gateway() as gateway:
            await provision(operator, roles_for((version,)))
            body = {"policies": ["root"]}
            assert await refusal(gateway.request("POST", f"auth/token/create/{role_of(version)}", body, wrap_ttl="10s")) == 400

    asyncio.run(scenario())


def test_the_gateways_powers_are_the_golden_list(as_operator: OpenVault, as_gateway: OpenVault) -> None:
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

    async def scenario() -> None:
        async with as_operator() as operator, as_gateway() as gateway:
            await gateway.log_in()
            accessors = (await operator.request("LIST", "auth/token/accessors"))["data"]["keys"]
            tokens = [
                (await operator.request("POST", "auth/token/lookup-accessor", {"accessor": accessor}))["data"]
                for accessor in accessors
            ]
            mine = [token for token in tokens if token["policies"] == [GATEWAY]]
            assert mine
            body = {"accessor": mine[-1]["accessor"], "paths": list(golden)}
            found = (await operator.request("POST", "sys/capabilities-accessor", body))["data"]
        assert {path: sorted(found[path]) for path in golden} == golden

    asyncio.run(scenario())


def test_the_gateways_policy_names_two_paths() -> None:
    assert list(GATEWAY_PATHS) == ["auth/token/create/callgate-*", "auth/token/revoke-accessor"]


def test_bootstrap_and_provision_may_be_repeated(as_operator: OpenVault, make_version: Callable[..., ToolVersion]) -> None:
    async def scenario() -> None:
        version = make_version("again")
        async with as_operator() as operator:
            await bootstrap(operator)
            await provision(operator, roles_for((version,)))
            before = await operator.request("GET", f"auth/token/roles/{role_of(version)}")
            await provision(operator, roles_for((version,)))
            after = await operator.request("GET", f"auth/token/roles/{role_of(version)}")
        assert before["data"] == after["data"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "path",
    [
        "", "secret", "/secret/data/x", "secret/x/", "secret//x", "secret/./x", "secret/../sys/mounts",
        "secret/data/*", "secret/+/x", "secret/data/{{identity}}", 'secret/"}', "secret/data/x?list=true",
        "secret/data/x\n", "secret/data/x y", "secret/data/é",
    ],
)  # fmt: skip
def test_a_path_that_a_policy_would_not_take_literally_is_refused(
    as_operator: OpenVault, make_version: Callable[..., ToolVersion], path: str
) -> None:
    async def scenario() -> None:
        good, bad = make_version("good-beside-bad"), make_version("bad", path)
        async with as_operator() as operator:
            with pytest.raises(RequestInvalid):
                await provision(operator, roles_for((good, bad)))
            assert await refusal(operator.request("GET", f"auth/token/roles/{role_of(good)}")) == 404  # nothing was written

    asyncio.run(scenario())


@pytest.mark.parametrize("name", [GATEWAY, "root", "callgate-0123", f"callgate-{'g' * 24}", f"callgate-{'0' * 24}/x"])
def test_only_a_name_that_a_gateway_makes_becomes_a_role(as_operator: OpenVault, name: str) -> None:
    async def scenario() -> None:
        async with as_operator() as operator:
            with pytest.raises(RequestInvalid):
                await provision(operator, [CredentialRole(name, "secret/data/payments", 30)])

    asyncio.run(scenario())

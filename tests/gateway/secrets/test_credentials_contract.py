"""One contract, two bodies: credentials in memory, and from a real OpenBao."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import CredentialNotProvisioned
from gateway.secrets.credentials import Credentials, Purpose
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.provision import bootstrap, issue_identity, provision
from gateway.secrets.roles import roles_for
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole, FixedToken
from registry.model.tool import CredentialBinding, Draft, Effect, Operation, ToolVersion


def version_named(name: str) -> ToolVersion:
    binding = CredentialBinding("secret/data/payments", "token", {"place": "header", "name": "Authorization"})
    operation = Operation("GET", "http://127.0.0.1:1", "/", (), None, ())
    draft = Draft(name, "shop", "", {}, None, operation, effect=Effect.READ, credential=binding)
    return ToolVersion(draft, "1.0.0", hashlib.sha256(name.encode()).hexdigest())


PROVISIONED, UNKNOWN = version_named("provisioned"), version_named("unknown")


def purpose_of(version: ToolVersion) -> Purpose:
    return Purpose(version, "acme", "inv-1", 1, "4bf92f3577b34da6a3ce929d0e0e4736")


class Subject:
    """The credentials under test, and a way to see which of their tokens live."""

    def __init__(self, credentials: Credentials, operator: Vault | None) -> None:
        self.credentials = credentials
        self._operator = operator

    async def lives(self, accessor: str) -> bool:
        if self._operator is None:
            assert isinstance(self.credentials, MemoryCredentials)
            return accessor in self.credentials.live
        try:
            await self._operator.request("POST", "auth/token/lookup-accessor", {"accessor": accessor})
        except VaultRefused:
            return False
        return True


OpenSubject = Callable[[], AbstractAsyncContextManager[Subject]]


@asynccontextmanager
async def in_memory() -> AsyncIterator[Subject]:
    yield Subject(MemoryCredentials([PROVISIONED]), None)


@pytest.fixture(scope="module")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VaultServer, StateDir]]:
    state = StateDir(tmp_path_factory.mktemp("contract-vault"))
    with state.hold():
        server = VaultServer(state)
        try:
            asyncio.run(server.start())
            yield server, state
        finally:
            asyncio.run(server.stop())


@pytest.fixture(params=["memory", "vault"])
def subject(request: pytest.FixtureRequest) -> OpenSubject:
    if request.param == "memory":
        return in_memory
    server, state = request.getfixturevalue("vault_server")

    @asynccontextmanager
    async def in_vault() -> AsyncIterator[Subject]:
        operator = Vault(server.address, FixedToken(server.root_token))
        await bootstrap(operator)
        await provision(operator, roles_for((PROVISIONED,)))
        identity = await issue_identity(operator)
        state.role_id.write_text(identity.role_id)
        state.secret_id.write_text(identity.secret_id)
        gateway = Vault(server.address, AppRole(state.role_id, state.secret_id))
        try:
            yield Subject(VaultCredentials(gateway), operator)
        finally:
            await gateway.aclose()
            await operator.aclose()

    return in_vault


def test_an_issued_credential_lives_until_it_is_revoked(subject: OpenSubject) -> None:
    async def scenario() -> None:
        async with subject() as under_test:
            credential = await under_test.credentials.issue(purpose_of(PROVISIONED), ttl=30)
            assert await under_test.lives(credential.accessor)
            await under_test.credentials.revoke(credential.accessor)
            assert not await under_test.lives(credential.accessor)

    asyncio.run(scenario())


def test_every_attempt_gets_a_credential_of_its_own(subject: OpenSubject) -> None:
    async def scenario() -> None:
        async with subject() as under_test:
            issue = under_test.credentials.issue
            issued = await asyncio.gather(*(issue(purpose_of(PROVISIONED), ttl=30) for _ in range(8)))
            assert len({credential.accessor for credential in issued}) == 8
            assert len({credential.wrapping_token for credential in issued}) == 8

    asyncio.run(scenario())


def test_a_version_that_nobody_provisioned_gets_none_and_the_operator_is_named(subject: OpenSubject) -> None:
    async def scenario() -> None:
        async with subject() as under_test:
            with pytest.raises(CredentialNotProvisioned, match=r"unknown@1\.0\.0") as caught:
                await under_test.credentials.issue(purpose_of(UNKNOWN), ttl=30)
            assert "operator" in caught.value.cure

    asyncio.run(scenario())


def test_revoking_twice_or_something_unknown_is_no_error(subject: OpenSubject) -> None:
    async def scenario() -> None:
        async with subject() as under_test:
            credential = await under_test.credentials.issue(purpose_of(PROVISIONED), ttl=30)
            for accessor in (credential.accessor, credential.accessor, "nobody"):
                await under_test.credentials.revoke(accessor)

    asyncio.run(scenario())


def test_a_credential_does_not_show_its_token(subject: OpenSubject) -> None:
    async def scenario() -> None:
        async with subject() as under_test:
            credential = await under_test.credentials.issue(purpose_of(PROVISIONED), ttl=30)
            assert credential.wrapping_token not in repr(credential)
            await under_test.credentials.revoke(credential.accessor)

    asyncio.run(scenario())

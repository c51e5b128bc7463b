"""One contract, two bodies: credentials in memory, and from a real OpenBao."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import CredentialNotProvisioned
from gateway.secrets.credentials import Credentials
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.provision import provision
from gateway.secrets.roles import roles_for
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import VaultCredentials
from gateway.secrets.vault_login import AppRole, FixedToken
from tests.gateway.vaults import bootstrapped, opened, purpose_of, running, version_named

PROVISIONED, UNKNOWN = version_named("provisioned"), version_named("unknown")


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


@pytest.fixture(scope="module")
def vault_of_this_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VaultServer, StateDir]]:
    state = StateDir(tmp_path_factory.mktemp("contract-vault"))
    with state.hold(), running(state) as server:
        yield server, state


@pytest.fixture(params=["memory", "vault"])
def where(request: pytest.FixtureRequest) -> tuple[VaultServer, StateDir] | None:
    """The Vault to use; None for the memory."""
    if request.param == "memory":
        return None
    vault: tuple[VaultServer, StateDir] = request.getfixturevalue("vault_of_this_file")
    return vault


@pytest.fixture
async def subject(where: tuple[VaultServer, StateDir] | None) -> AsyncIterator[Subject]:
    if where is None:
        yield Subject(MemoryCredentials([PROVISIONED]), None)
        return
    server, state = where
    await bootstrapped(server, state)
    async with (
        opened(Vault(server.settings, FixedToken(server.root_token))) as operator,
        opened(Vault(server.settings, AppRole(state.role_id, state.secret_id))) as gateway,
    ):
        await provision(operator, roles_for((PROVISIONED,)))
        yield Subject(VaultCredentials(gateway), operator)


async def test_an_issued_credential_lives_until_it_is_revoked(subject: Subject) -> None:
    credential = await subject.credentials.issue(purpose_of(PROVISIONED), ttl=30)
    assert await subject.lives(credential.accessor)
    await subject.credentials.revoke(credential.accessor)
    assert not await subject.lives(credential.accessor)


async def test_every_attempt_gets_a_credential_of_its_own(subject: Subject) -> None:
    issue = subject.credentials.issue
    issued = await asyncio.gather(*(issue(purpose_of(PROVISIONED), ttl=30) for _ in range(8)))
    assert len({credential.accessor for credential in issued}) == 8
    assert len({credential.wrapping_token for credential in issued}) == 8


async def test_a_version_that_was_not_provisioned_gets_none_and_the_operator_is_named(subject: Subject) -> None:
    with pytest.raises(CredentialNotProvisioned, match=r"unknown@1\.0\.0") as caught:
        await subject.credentials.issue(purpose_of(UNKNOWN), ttl=30)
    assert "operator" in caught.value.cure


async def test_revoking_twice_or_something_unknown_is_no_error(subject: Subject) -> None:
    credential = await subject.credentials.issue(purpose_of(PROVISIONED), ttl=30)
    for accessor in (credential.accessor, credential.accessor, "unknown"):
        await subject.credentials.revoke(accessor)


async def test_a_credential_does_not_show_its_token(subject: Subject) -> None:
    credential = await subject.credentials.issue(purpose_of(PROVISIONED), ttl=30)
    assert credential.wrapping_token not in repr(credential)
    await subject.credentials.revoke(credential.accessor)

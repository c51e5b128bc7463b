"""The connection: bounded in time, plain about the cause, and never with a token that it was not given."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.model.vault_settings import VaultSettings
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import AppRole, FixedToken
from tests.gateway.vaults import Certificate, opened


@asynccontextmanager
async def listening(answer: bytes, certificate: Certificate) -> AsyncIterator[VaultSettings]:
    """Something at Vault's address that answers every connection with these bytes; with none, it keeps silent."""
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        if answer:
            writer.write(answer)
            await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.context)
    try:
        yield certificate.settings(server.sockets[0].getsockname()[1])
    finally:
        for writer in held:
            writer.close()
        server.close()


def http(status: str, body: str = "{}", headers: str = "") -> bytes:
    fixed = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{fixed}{headers}\r\n{body}".encode()


async def failure(settings: VaultSettings) -> VaultUnavailable:
    started = time.monotonic()
    async with opened(Vault(settings, FixedToken("token-that-is-secret"))) as vault:
        with pytest.raises(VaultUnavailable) as caught:
            await vault.request("GET", "sys/mounts")
    assert time.monotonic() - started < 2.0
    assert "secret" not in f"{caught.value} {caught.value.cure}"
    return caught.value


FailureOf = Callable[[bytes], Awaitable[VaultUnavailable]]


@pytest.fixture
def failure_of(certificate: Certificate) -> FailureOf:
    async def fail(answer: bytes) -> VaultUnavailable:
        async with listening(answer, certificate) as settings:
            return await failure(settings)

    return fail


@pytest.mark.slow
async def test_a_silent_vault_is_given_up_within_two_seconds(failure_of: FailureOf) -> None:
    assert "does not answer" in str(await failure_of(b""))


async def test_a_missing_vault_is_reported_within_two_seconds(free_port: Callable[[], int]) -> None:
    assert "does not answer" in str(await failure(VaultSettings(address=f"https://127.0.0.1:{free_port()}")))


async def test_a_redirect_is_refused_and_the_token_goes_nowhere(failure_of: FailureOf) -> None:
    error = await failure_of(http("307 Temporary Redirect", headers="Location: http://127.0.0.1:9/\r\n"))
    assert "standby" in str(error)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("503 Service Unavailable", "sealed"),
        ("501 Not Implemented", "not initialised"),
        ("429 Too Many Requests", "quota"),
        ("473 Standby", "standby"),
        ("500 Internal Server Error", "status 500"),
    ],
)
async def test_an_outage_is_named_without_the_text_of_the_answer(failure_of: FailureOf, status: str, said: str) -> None:
    assert said in str(await failure_of(http(status, '{"errors":["secret canary"]}')))


async def test_something_that_is_not_vault_is_named(failure_of: FailureOf) -> None:
    assert "does not speak Vault's API" in str(await failure_of(http("200 OK", "<html>secret</html>")))


async def test_a_sealed_vault_is_said_to_be_sealed(vault_server: VaultServer, vault_as_operator: Vault) -> None:
    await vault_as_operator.request("POST", "sys/seal")
    try:
        assert "sealed" in str(await failure(vault_server.settings))
    finally:
        await vault_server.unseal()


async def test_tokens_in_the_environment_are_ignored(vault_server: VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", vault_server.root_token)
    async with opened(Vault(vault_server.settings, FixedToken(""))) as vault:
        with pytest.raises(VaultRefused) as caught:
            await vault.request("GET", "sys/mounts")
    assert caught.value.status == 403


async def test_a_gateway_whose_token_was_revoked_logs_in_again(vault_as_operator: Vault, vault_as_gateway: Vault) -> None:
    await vault_as_gateway.log_in()
    await vault_as_operator.request("POST", "sys/leases/revoke-prefix/auth/approle/login")
    await vault_as_gateway.request("POST", "auth/token/revoke-accessor", {"accessor": "unknown"})


async def test_a_wrong_secret_id_names_the_login_and_not_the_secret(
    vault_server: VaultServer, identity_files: Callable[[str, str], AppRole]
) -> None:
    async with opened(Vault(vault_server.settings, identity_files("no-such-role", "secret-of-a-stranger"))) as vault:
        with pytest.raises(VaultUnavailable) as caught:
            await vault.request("GET", "sys/mounts")
    assert "login" in str(caught.value)
    assert "secret-of-a-stranger" not in f"{caught.value} {caught.value.cure}"


async def test_an_unreadable_secret_id_file_is_named(
    vault_server: VaultServer, identity_files: Callable[[str, str], AppRole]
) -> None:
    async with opened(Vault(vault_server.settings, identity_files("role", " \n"))) as vault:
        with pytest.raises(VaultUnavailable, match="secret-id of the Vault login is empty"):
            await vault.request("GET", "sys/mounts")

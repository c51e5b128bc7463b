"""The connection: bounded in time, plain about the cause, and never with a token that nobody gave it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from gateway.embedded.vault_server import VaultServer
from gateway.model.errors import VaultUnavailable
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_login import AppRole, FixedToken

OpenVault = Callable[[], AbstractAsyncContextManager[Vault]]


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[str]:
    """Something at Vault's address that answers every connection with these bytes; with none, it keeps silent."""
    held: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        if answer:
            writer.write(answer)
            await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for writer in held:
            writer.close()
        server.close()


def http(status: str, body: str = "{}", headers: str = "") -> bytes:
    fixed = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status}\r\n{fixed}{headers}\r\n{body}".encode()


async def failure(address: str) -> VaultUnavailable:
    vault = Vault(address, FixedToken("token-that-is-secret"))
    started = time.monotonic()
    try:
        with pytest.raises(VaultUnavailable) as caught:
            await vault.request("GET", "sys/mounts")
    finally:
        await vault.aclose()
    assert time.monotonic() - started < 2.0
    assert "secret" not in f"{caught.value} {caught.value.cure}"
    return caught.value


async def failure_of(answer: bytes) -> VaultUnavailable:
    async with listening(answer) as address:
        return await failure(address)


def test_a_silent_vault_is_given_up_within_two_seconds() -> None:
    assert "does not answer" in str(asyncio.run(failure_of(b"")))


def test_a_missing_vault_is_reported_within_two_seconds(free_port: Callable[[], int]) -> None:
    assert "does not answer" in str(asyncio.run(failure(f"http://127.0.0.1:{free_port()}")))


def test_a_redirect_is_refused_and_the_token_goes_nowhere() -> None:
    error = asyncio.run(failure_of(http("307 Temporary Redirect", headers="Location: http://127.0.0.1:9/\r\n")))
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
def test_an_outage_is_named_without_the_text_of_the_answer(status: str, said: str) -> None:
    assert said in str(asyncio.run(failure_of(http(status, '{"errors":["secret canary"]}'))))


def test_something_that_is_not_vault_is_named() -> None:
    assert "does not speak Vault's API" in str(asyncio.run(failure_of(http("200 OK", "<html>secret</html>"))))


def test_a_sealed_vault_is_said_to_be_sealed(server: VaultServer, as_operator: OpenVault) -> None:
    async def scenario() -> None:
        async with as_operator() as vault:
            await vault.request("POST", "sys/seal")
        try:
            assert "sealed" in str(await failure(server.address))
        finally:
            await server.unseal()

    asyncio.run(scenario())


def test_tokens_in_the_environment_are_ignored(server: VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", server.root_token)

    async def scenario() -> int:
        vault = Vault(server.address, FixedToken(""))
        try:
            with pytest.raises(VaultRefused) as caught:
                await vault.request("GET", "sys/mounts")
        finally:
            await vault.aclose()
        return caught.value.status

    assert asyncio.run(scenario()) == 403


def test_a_gateway_whose_token_was_revoked_logs_in_again(as_operator: OpenVault, as_gateway: OpenVault) -> None:
    async def scenario() -> None:
        async with as_operator() as operator, as_gateway() as gateway:
            await gateway.log_in()
            await operator.request("POST", "sys/leases/revoke-prefix/auth/approle/login")
            await gateway.request("POST", "auth/token/revoke-accessor", {"accessor": "nobody"})

    asyncio.run(scenario())


def test_a_wrong_secret_id_names_the_login_and_not_the_secret(
    server: VaultServer, identity_files: Callable[[str, str], AppRole]
) -> None:
    async def scenario() -> VaultUnavailable:
        vault = Vault(server.address, identity_files("no-such-role", "secret-of-nobody"))
        try:
            with pytest.raises(VaultUnavailable) as caught:
                await vault.request("GET", "sys/mounts")
        finally:
            await vault.aclose()
        return caught.value

    error = asyncio.run(scenario())
    assert "login" in str(error)
    assert "secret-of-nobody" not in f"{error} {error.cure}"


def test_an_unreadable_secret_id_file_is_named(server: VaultServer, identity_files: Callable[[str, str], AppRole]) -> None:
    async def scenario() -> None:
        vault = Vault(server.address, identity_files("role", " \n"))
        try:
            with pytest.raises(VaultUnavailable, match="secret-id of the Vault login is empty"):
                await vault.request("GET", "sys/mounts")
        finally:
            await vault.aclose()

    asyncio.run(scenario())

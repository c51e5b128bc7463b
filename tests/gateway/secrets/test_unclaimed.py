"""A token that was minted for a call that is gone already is revoked: its thread cannot be stopped, the token can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from gateway.embedded.state_dir import StateDir
from gateway.embedded.vault_server import VaultServer
from gateway.secrets.provision import provision
from gateway.secrets.roles import roles_for
from gateway.secrets.vault import Vault, VaultRefused
from gateway.secrets.vault_credentials import VaultCredentials, role_of
from gateway.secrets.vault_login import AppRole
from registry.model.tool import ToolVersion
from tests.gateway.vaults import purpose_of, version_named


@dataclass
class Relay:
    """Lies between the gateway and Vault, and keeps answers back while `held`."""

    address: str = ""
    held: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    async def pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool) -> None:
        with suppress(ConnectionError):
            while chunk := await source.read(65536):
                if answers and self.held:
                    self.answered.set()
                    await self.free.wait()
                sink.write(chunk)
                await sink.drain()
        sink.close()


@asynccontextmanager
async def relayed(server: VaultServer) -> AsyncIterator[Relay]:
    relay, port = Relay(), int(server.address.rpartition(":")[2])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(
            relay.pump(reader, upstream_writer, answers=False), relay.pump(upstream_reader, writer, answers=True)
        )

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay.address = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield relay
    finally:
        listener.close()


async def tokens_of(version: ToolVersion, operator: Vault) -> list[str]:
    found = []
    for accessor in (await operator.request("LIST", "auth/token/accessors"))["data"]["keys"]:
        with suppress(VaultRefused):  # another test's, which has ended since it was listed
            found.append((await operator.request("POST", "auth/token/lookup-accessor", {"accessor": accessor}))["data"])
    return [token["accessor"] for token in found if role_of(version) in token["policies"]]


async def test_a_token_minted_for_a_cancelled_call_is_revoked(
    vault_server: VaultServer, vault_state: StateDir, vault_as_operator: Vault
) -> None:
    version = version_named("unclaimed")
    async with relayed(vault_server) as relay:
        await provision(vault_as_operator, roles_for((version,)))
        gateway = Vault(
            replace(vault_server.settings, address=relay.address),
            AppRole(vault_state.role_id, vault_state.secret_id),
            patience=5.0,
        )
        await gateway.log_in()
        relay.held = True
        issuing = asyncio.create_task(VaultCredentials(gateway).issue(purpose_of(version), ttl=30))
        await relay.answered.wait()
        assert len(await tokens_of(version, vault_as_operator)) == 1
        issuing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await issuing
        relay.free.set()
        relay.held = False
        await gateway.aclose()
        assert await tokens_of(version, vault_as_operator) == []

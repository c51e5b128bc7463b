"""Secrets passed through the gateway in the clear, its login never ended, and what its owner opened left no trace.

The upstream is behind TLS, too: what a box sends in the clear passes through the gateway's broker, and no Vault can help that.
"""

import json
import secrets
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callgate import State
from gateway.embedded.passed_settings import vault_settings
from gateway.operations.health_checks import unserved
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import AppRole, FixedToken
from tests.conftest import Authority, FreePort, Upstream
from tests.e2e.conftest import OpenHouse
from tests.e2e.house import House, eventually
from tests.e2e.second_gateway import SecondGateway
from tests.gateway.vaults import opened

from .memory import copies

CALLS = 100  # a thousand take minutes; the fault left four copies after three

SECRET = "secret/data/echoes"
CREDENTIALS = "credentials"

DOCUMENT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Echo", "version": "1"},
        "components": {"securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearerAuth": []}],
        "paths": {"/mirror": {"get": {"operationId": "look", "responses": {"200": {"description": "said"}}}}},
    }
).encode()

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Watched:
    """A stack whose upstream wants the canary, over TLS. `planted` is a text that the gateway's memory holds for certain."""

    house: House
    upstream: Upstream
    canary: str
    planted: str
    role: str

    @property
    def audit(self) -> list[dict[str, Any]]:
        lines = self.house.state.vault_audit.read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def watched(open_house: OpenHouse, authority: Authority, upstream: Upstream) -> Iterator[Watched]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.directory / "good.pem", authority.directory / "good.key")
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    canary, planted = secrets.token_hex(24), secrets.token_hex(24)
    trusting = {"SSL_CERT_FILE": str(authority.bundle), "PLANTED": planted}
    with open_house(pool_size=2, telemetry=trusting) as house:
        report = house.offer(DOCUMENT, "echoes", upstream.url.replace("http:", "https:"), canary)
        yield Watched(house, upstream, canary, planted, report.roles[0].name)


@pytest.mark.slow
def test_after_many_calls_no_copy_of_the_secret_is_in_the_gateways_memory(watched: Watched) -> None:
    for _ in range(CALLS):
        invocation = watched.house.client.call("look", {})
        assert invocation.state is State.SUCCEEDED, invocation
    assert len(watched.upstream.requests) == CALLS
    assert {request.headers["authorization"] for request in watched.upstream.requests} == {f"Bearer {watched.canary}"}
    gateway = watched.house.gateway.pid
    assert copies(gateway, watched.planted.encode()) > 0, "the search does not find what is there"
    assert copies(gateway, watched.canary.encode()) == 0


def test_what_the_owner_of_a_gateway_opens_itself_leaves_a_trace(watched: Watched) -> None:
    """An owner of the gateway's login can mint a token for a tool's secret, and open it. Vault's audit log has each step."""
    assert watched.house.run_async(_steal(watched)) == watched.canary
    told = [(one["request"]["path"], one["type"]) for one in watched.audit]
    for path in (f"auth/token/create/{watched.role}", "sys/wrapping/unwrap", SECRET):
        assert (path, "response") in told
    (read,) = (one for one in watched.audit if _is_read(one))
    assert read["auth"]["metadata"]["invocation"] == "inv-of-no-record"
    assert watched.canary not in watched.house.state.vault_audit.read_text()


def _is_read(entry: dict[str, Any]) -> bool:
    request = entry["request"]
    return (entry["type"], request["operation"], request["path"]) == ("response", "read", SECRET)


async def _steal(watched: Watched) -> str:
    """With nothing but what the gateway has."""
    state, settings = watched.house.state, vault_settings(watched.house.settings)
    async with opened(Vault(settings, AppRole(state.role_id, state.secret_id))) as gateway:
        meta = {"meta": {"invocation": "inv-of-no-record"}}
        minted = await gateway.request("POST", f"auth/token/create/{watched.role}", meta, wrap_ttl="30s")
    async with opened(Vault(settings, FixedToken(minted["wrap_info"]["token"]))) as wrapped:
        token = (await wrapped.request("POST", "sys/wrapping/unwrap"))["auth"]["client_token"]
    async with opened(Vault(settings, FixedToken(token))) as box:
        return str((await box.request("GET", SECRET))["data"]["data"]["token"])


def test_a_gateway_whose_login_has_ended_says_so_and_goes_on_when_it_is_given_another(
    house: House, free_port: FreePort, tmp_path: Path
) -> None:
    """No restart: the file is read at each login."""
    file = tmp_path / "secret-id"
    file.write_text("one-that-has-ended")
    with SecondGateway(house, free_port, {"CALLGATE_VAULT_SECRET_ID_FILE": str(file)}) as gateway:
        eventually(lambda: _unserved(house, gateway) == (CREDENTIALS,), what="health that tells of the login")
        file.write_text(house.state.secret_id.read_text())
        eventually(lambda: _unserved(house, gateway) == (), what="a login by the new one")


def _unserved(house: House, gateway: SecondGateway) -> tuple[str, ...] | None:
    return house.run_async(unserved(gateway.address))

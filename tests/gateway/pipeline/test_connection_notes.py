"""What a renewal lists of a connection: while it holds the lease, and nothing once it has lost that."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.decisions.connection_facts import ConnectionStanding
from gateway.decisions.token_life import Life
from gateway.model.errors import ConnectAgain, TokenUnavailable
from gateway.model.principal import Principal
from gateway.pipeline.obligations import Obligations
from gateway.pipeline.token_boxes import LEASE, TokenBoxes, _Wanted
from gateway.pipeline.token_parts import TokenParts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.tokens.connections import ApiConnection, MemoryConnections
from gateway.records.tokens.protocol import MemoryTokenStates, TokenPlace
from gateway.secrets.fake_credentials import MemoryCredentials
from gateway.secrets.vault_reach import VaultReach
from registry.credentials.kinds import bind_grant, grant_of
from sandbox.api.fault_code import FaultCode
from sandbox.testing.fake_pool import FakePool
from tests.gateway.vaults import version_named

URLS = {"authorizationUrl": "https://login.example/ask", "tokenUrl": "https://login.example/token", "scopes": {}}
SCHEME = {"type": "oauth2", "flows": {"authorizationCode": URLS}}
STANDING = ConnectionStanding(Life(600.0), 7.0, None, renews=True)


class Watched(MemoryTokenStates):
    """Tells what was listed when the lease ended."""

    listed: ApiConnection | None = None
    connections: MemoryConnections

    async def settle(self, place: TokenPlace, holder: str, *, good_for: float) -> int | None:
        self.listed = await self.connections.find(place.tenant, place.id)
        return await super().settle(place, holder, good_for=good_for)


@pytest.fixture
def states() -> Watched:
    states = Watched()
    states.connections = MemoryConnections()
    return states


@pytest.fixture
def boxes(states: Watched) -> TokenBoxes:
    pool, credentials, ledger = FakePool(), MemoryCredentials(), MemoryLedger()
    vault, egress = VaultReach("http://127.0.0.1:1"), cast("Any", None)
    parts = TokenParts(pool, credentials, states, states.connections, vault=vault, egress_of=egress)
    return TokenBoxes(parts, ledger, Obligations(ledger, credentials, pool))


@pytest.fixture
def wanted() -> _Wanted:
    binding = bind_grant(SCHEME, "", ("secret/data/a", ""), {"client_id": "x", "auth": "none"}, ())
    grant = grant_of(binding)
    assert grant is not None
    execution: Any = SimpleNamespace(version=version_named("look"), principal=Principal("acme", "planner", "ada"))
    held: Any = SimpleNamespace(tenant="acme", id="inv_1")
    return _Wanted(execution, held, 1, binding, grant)


async def listed(states: Watched, wanted: _Wanted) -> ApiConnection | None:
    return await states.connections.find("acme", wanted.place.id)


async def test_a_renewal_lists_the_connection_before_it_gives_the_lease_back(
    boxes: TokenBoxes, states: Watched, wanted: _Wanted
) -> None:
    await states.take(wanted.place, wanted.holder, lease=LEASE)
    await boxes._settle(wanted, STANDING)
    assert states.listed is not None
    assert (states.listed.subject, states.listed.renews) == ("ada", True)


async def test_who_has_lost_the_lease_lists_nothing(boxes: TokenBoxes, states: Watched, wanted: _Wanted) -> None:
    await states.take(wanted.place, "another", lease=LEASE)
    with pytest.raises(TokenUnavailable):
        await boxes._settle(wanted, STANDING)
    assert await listed(states, wanted) is None


async def test_who_has_lost_the_lease_does_not_say_that_a_person_must_connect_again(
    boxes: TokenBoxes, states: Watched, wanted: _Wanted
) -> None:
    await states.take(wanted.place, wanted.holder, lease=LEASE)
    await boxes._settle(wanted, STANDING)
    await states.take(wanted.place, "another", lease=LEASE)
    await boxes._fail(wanted, FaultCode.CONNECT_AGAIN, ConnectAgain("being spent"))
    found = await listed(states, wanted)
    assert found is not None
    assert found.lapsed == ""

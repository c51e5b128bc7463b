"""The gateway's clients of callers: one for each token, closed once nothing of its holder's is open, and not before."""

import asyncio

import pytest

from callgate.errors import RequestInvalid
from callgate.testing import FakeGateway
from gateway.edge.mcp.http.clients import Clients, current_peer
from gateway.edge.mcp.http.tokens import Holder


@pytest.fixture
def holder(fake: FakeGateway) -> Holder:
    return Holder("digest", "fake/tester/tester", fake.token)


async def test_requests_of_one_token_have_one_client(fake: FakeGateway, holder: Holder) -> None:
    clients = Clients(fake.address)
    with clients.of(holder) as one, clients.of(holder) as other:
        assert one is other
        current_peer.set("ipv4:192.0.2.1:5")
        assert (await one.principals.caller()).tenant == "fake"
    await clients.close()


async def test_a_client_without_requests_is_closed_after_a_while_and_made_again(fake: FakeGateway, holder: Holder) -> None:
    clients = Clients(fake.address, idle=0.0)
    with clients.of(holder) as one:
        with clients.of(holder):
            pass
        assert await one.principals.caller(), "it is in use"
    async with asyncio.timeout(5):
        while clients._kept:
            await asyncio.sleep(0.005)
    with pytest.raises(RequestInvalid, match="closed"):
        await one.principals.caller()
    with clients.of(holder) as other:
        assert await other.principals.caller()
    await clients.close()


async def test_of_too_many_that_are_idle_the_one_for_longest_is_closed(fake: FakeGateway) -> None:
    clients = Clients(fake.address, most_idle=2)
    holders = [Holder(str(number), "", fake.token) for number in range(4)]
    with clients.of(holders[0]):
        for holder in holders[1:]:
            with clients.of(holder):
                pass
        assert sorted(clients._kept) == ["0", "2", "3"]
    await clients.close()

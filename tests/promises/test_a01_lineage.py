"""A failover that loses what a gateway saw acknowledged, and that nothing but the history's own identity can tell from none.

Gateway A lets a call go, the upstream acts, and the store's primary dies with the record of it. The replica becomes the
primary, and gateway B moves the sequence past the last number that A has seen before A makes its next step. Nothing is behind
then, and yet A's call is on no record: it must not act a second time, wherever its key is asked of.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import docker
import pytest

from benchmarks.faults.arena import TENANTS, Arena, Site, arena
from benchmarks.faults.calls import CREATE, READ, Answer
from benchmarks.faults.gateways import GatewayUnderTest
from benchmarks.faults.redis_fault_proxy import InjectedFault, Moment, Point
from benchmarks.faults.replicated_store import Loss
from callgate.errors import GatewayUnavailable, Overloaded
from callgate.outcomes import Succeeded, Unknown
from tests.conftest import ENGINE_SOCKET, Until

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TENANT = TENANTS[0]
#: Seconds: the upstream's answer comes when the store is another one already.
LINGER = 2.0
#: Seconds within which the call must have an outcome, and new calls must be served without an operator.
ANSWERED_WITHIN, RESUMED_WITHIN = 40.0, 10.0
CALL_SECONDS = 30.0
#: Seconds that the other gateway is asked of the key while the one that knows of it is away.
ASKED_MEANWHILE = 3.0


@pytest.fixture
async def place(dockerd: docker.APIClient) -> AsyncIterator[Arena]:
    """Two gateways with a state directory each, on a store with a replica; an honest upstream that takes its time."""
    assert dockerd.ping()
    async with arena(Random(1), Site(in_boxes=True, engine=Path(ENGINE_SOCKET))) as made:
        made.upstream.trouble(0)
        made.upstream.linger(LINGER)
        yield made


class Story:
    """One call, `key`, that gateway A lets go in a tail that is lost."""

    def __init__(self, place: Arena, until: Until) -> None:
        self.place, self._until = place, until
        self.a, self.b = place.gateways
        self.key, self.charge = "key-of-the-one-call", "c1"

    def effects(self, charge: str = "c1") -> int:
        return sum(request.acted and request.charge == charge for request in self.place.upstream.log.requests())

    async def ask(self, gateways: Sequence[GatewayUnderTest], within: float) -> Answer | None:
        """Ask of the key, one gateway after another, until there is an outcome; None where there is none in time."""
        end = asyncio.get_running_loop().time() + within
        while (left := end - asyncio.get_running_loop().time()) > 0:
            for gateway in gateways:
                if answer := await self.call(gateway, CREATE, self.charge, self.key, min(left, 5.0)):
                    return answer
        return None

    async def call(self, gateway: GatewayUnderTest, tool: str, charge: str, key: str | None, seconds: float) -> Answer | None:
        """One try. None where it is refused, or not answered in time."""
        body = {} if tool == READ else {"body": {"amount": 1}}
        try:
            async with asyncio.timeout(seconds):
                client, arguments = gateway.clients[TENANT], {"charge": charge, **body}
                return Answer.of(await client.call(tool, arguments, key=key, timeout=CALL_SECONDS))
        except (GatewayUnavailable, Overloaded, TimeoutError):
            await asyncio.sleep(0.1)
            return None

    async def lose(self, *, claim_survives: bool = False, a_dies: bool = False, newcomers: bool = False) -> Loss:
        """A lets the call go, and the upstream acts; then the primary dies, and B goes on past what A has seen, without A.

        `newcomers`: it is the tenant's first call of all, so the tail has all that the store knew of the tenant's gateways.
        """
        store = self.place.store
        for gateway in () if newcomers else (self.a, self.b):
            assert await self.call(gateway, CREATE, f"before-{gateway.name}", f"key-of-the-call-before-{gateway.name}", 15.0)
        await store.in_sync()
        if claim_survives:
            begin = InjectedFault(Point("dispatch", Moment.BEFORE), store.begin_tail, breaks=False)
            self.a.proxy.arm(begin)
        else:
            store.begin_tail()
        asking = asyncio.create_task(self.ask([self.a], ANSWERED_WITHIN))
        await self._until(lambda: self.effects() == 1, 20.0)
        self.a.proxy.cut_off()
        loss = await store.fail_over(and_then=self.a.kill if a_dies else lambda: None)
        self.place.point_at_primary()
        for number in range(100):
            if await store.has_gone_past(loss.seen | {TENANTS[1]: -1}):
                break
            await self.call(self.b, READ, f"r{number}", None, 5.0)
        assert await store.has_gone_past(loss.seen | {TENANTS[1]: -1}), "B has not gone past what A saw"
        asking.cancel()
        assert loss.events[TENANT] > 0, "the tail was empty"
        return loss

    async def bring_a_back(self) -> None:
        self.a.proxy.restore()
        if self.a.process.pid is None:
            await self.a.revive()

    async def assert_true_and_once(self) -> None:
        """Each gateway says the same of the key, it is true, and the call has acted once."""
        told = [await self.ask([gateway], ANSWERED_WITHIN) for gateway in (self.a, self.b, self.a)]
        assert self.effects() == 1, told
        assert None not in told
        assert len({answer.outcome for answer in told if answer}) == 1
        assert told[0] is not None
        assert isinstance(told[0].outcome, Succeeded | Unknown)

    async def assert_resumed(self) -> None:
        """Calls that act are served at both gateways, without an operator."""
        for gateway in (self.a, self.b):
            charge, end = f"after-{gateway.name}", asyncio.get_running_loop().time() + RESUMED_WITHIN
            answer = None
            while answer is None and asyncio.get_running_loop().time() < end:
                answer = await self.call(gateway, CREATE, charge, f"key-of-the-call-{charge}", RESUMED_WITHIN)
            assert answer is not None, f"{gateway.name} serves no call that acts"
            assert isinstance(answer.outcome, Succeeded)
            assert self.effects(charge) == 1


@pytest.fixture
def story(place: Arena, until: Until) -> Story:
    return Story(place, until)


async def test_a_call_acts_once_where_the_gateway_that_let_it_go_lives(story: Story) -> None:
    await story.lose()
    await story.bring_a_back()
    await story.assert_resumed()
    await story.assert_true_and_once()


@pytest.mark.parametrize("claim_survives", [False, True], ids=["nothing-known", "claim-known"])
async def test_a_call_acts_once_where_its_gateway_died_with_the_store_and_comes_back(
    story: Story, claim_survives: bool
) -> None:
    await story.lose(claim_survives=claim_survives, a_dies=True)
    await story.bring_a_back()
    await story.assert_resumed()
    await story.assert_true_and_once()


@pytest.mark.parametrize("a_dies", [False, True], ids=["away", "dead"])
async def test_a_call_acts_once_where_its_key_is_asked_of_elsewhere_before_its_gateway_is_back(
    story: Story, a_dies: bool
) -> None:
    await story.lose(a_dies=a_dies)
    early = await story.ask([story.b], ASKED_MEANWHILE)
    assert story.effects() == 1, early
    await story.bring_a_back()
    await story.assert_resumed()
    await story.assert_true_and_once()


async def test_a_call_acts_once_where_all_that_the_store_knew_of_its_tenant_is_lost(story: Story) -> None:
    await story.lose(newcomers=True)
    early = await story.ask([story.b], ASKED_MEANWHILE)
    assert story.effects() == 1, early
    await story.bring_a_back()
    await story.assert_resumed()
    await story.assert_true_and_once()

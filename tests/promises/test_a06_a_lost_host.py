"""A host that is lost for good blocks nothing once a person has said so, and what waits for it hides nothing else."""

from dataclasses import dataclass, replace
from uuid import uuid4

import orjson
import pytest

from callgate import DeclareFailed, Host
from callgate.errors import BoxNotGone, HostLives, HostNotFound
from callgate.keys import new_key
from callgate.types import State
from gateway.model.invocation import Outcome, Verdict
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.protocol import New
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.host_registry import SEATS, RedisHostRegistry
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from sandbox.reaping.box_registry import BoxPlace
from sandbox.reaping.host_registry import LIVING, HostFacts, Seat, Taken
from tests.e2e.hostile import Hostile, description
from tests.e2e.house import OPERATOR, House, eventually
from tests.promises.test_a02_reviews_are_read_whole import REQUEST, SENT

pytestmark = pytest.mark.slow

STUCK = 105
PUT = "inv_put"
FACTS = HostFacts("mark-of-the-lost", "engine-of-the-lost", "mill", "boot-1")
MANIFEST = b"toolset: hostile\noperations: {write_plain: {effect: IDEMPOTENT}}\n"


@dataclass
class Past:
    """What a host has left that is lost: its boxes in the registry, and calls that wait for them to be gone."""

    store: Store
    ledger: RedisLedger
    boxes: RedisBoxRegistry
    hosts: RedisHostRegistry
    host: str = ""

    async def leave(self) -> None:
        seat = Seat("gw-of-the-lost", "proof", "token")
        taken = await self.hosts.take(FACTS, seat)
        assert isinstance(taken, Taken)
        self.host = taken.host
        for number in range(STUCK):
            await self._leave_unknown(f"inv_{number:03}", await self._box())
        await self._leave_put(await self._box())
        await self.hosts.leave(seat)

    async def owe_another(self) -> None:
        """A box that no host has: any gateway can confirm it gone."""
        await self._leave_unknown("inv_later", f"cg-{uuid4().hex[:12]}")

    async def _box(self) -> str:
        name = f"cg-{uuid4().hex[:12]}"
        await self.boxes.enter(name, BoxPlace(self.host, "/run/callgate", "gw-of-the-lost"))
        return name

    async def _leave_unknown(self, id: str, box: str) -> None:
        claimed = await self.ledger.claim(id, "f", OPERATOR, REQUEST, lease=60.0)
        assert isinstance(claimed, New)
        await self.ledger.dispatch(claimed.held, attempt=1, box=box)
        await self.ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), replace(SENT, box=box))

    async def _leave_put(self, box: str) -> None:
        tool = await RedisCatalogs(self.store).of(OPERATOR.tenant).resolve("write_plain")
        known = replace(REQUEST, tool=tool.name, version=tool.reference, digest=tool.digest)
        put = replace(known, effect=Effect.IDEMPOTENT, max_attempts=3)
        claimed = await self.ledger.claim(PUT, "f", OPERATOR, put, lease=0.5)
        assert isinstance(claimed, New)
        await self.ledger.dispatch(claimed.held, attempt=1, box=box)

    async def declare_cut_off(self) -> None:
        """A person declares the one host lost whose gateway cannot reach the store, and it can again."""
        (known,) = await self.hosts.hosts()
        self.host = known.id
        (gateway,) = known.gateways
        seat = orjson.loads((await self.store.hash(SEATS))[gateway.encode()])
        silent = orjson.dumps({**seat, "seen": seat["seen"] - LIVING * 1000})
        await self.store.put(SEATS, gateway, silent)
        await self.hosts.declare_lost(known.id, "ada", "it does not answer")


async def with_past(house: House, work: str) -> str:
    """Do one thing at the house's store. Answers the lost host's id."""
    password = house.state.store_password
    url = house.settings["CALLGATE_REDIS_URL"]
    store = Store(RedisSettings(url=url, password_file=password if password.exists() else None))
    try:
        past = Past(store, RedisLedger(store), RedisBoxRegistry(store), RedisHostRegistry(store))
        await getattr(past, work)()
        return past.host
    finally:
        await store.close()


def host_of(house: House, id: str) -> Host:
    return next(host for host in house.client.hosts.list() if host.id == id)


def test_a_lost_host_blocks_what_its_boxes_touched_until_a_person_declares_it_lost(own_house: House, upstream: Hostile) -> None:
    house = own_house
    house.client.toolsets.import_openapi(description(), "hostile", server=upstream.url, manifest=MANIFEST)
    lost = house.run_async(with_past(house, "leave"))
    eventually(lambda: house.client.invocations.get(PUT).state is State.RETRY_WAIT, what="the PUT behind its barrier")

    # What cannot be met hides nothing that can.
    house.run_async(with_past(house, "owe_another"))
    assert house.settle("inv_later")[-1] == "BOX_REMOVED"
    assert (host_of(house, lost).boxes, host_of(house, lost).waiting, host_of(house, lost).gateways) == (106, 106, ())
    with pytest.raises(BoxNotGone) as refused:
        house.hasty.reviews.decide("inv_104", DeclareFailed(), reason="it is not wanted any more")
    assert lost in str(refused.value)
    assert f"callgate host lost {lost}" in refused.value.cure

    # What lives is not lost.
    (own,) = [host for host in house.client.hosts.list() if host.id != lost]
    assert len(own.gateways) == 1
    with pytest.raises(HostLives):
        house.client.hosts.declare_lost(own.id, reason="a mistake")
    with pytest.raises(HostNotFound):
        house.client.hosts.declare_lost("host-never", reason="a mistake")
    assert upstream.received("POST", "/plain") == 0

    found = house.client.hosts.declare_lost(lost, reason="it burnt down")
    assert found.lost is not None
    assert (found.lost.author, found.lost.reason, found.boxes, found.waiting) == ("operator/operator", "it burnt down", 0, 0)
    eventually(lambda: house.client.invocations.get(PUT).state is State.SUCCEEDED, what="the PUT's second attempt")
    assert upstream.received("POST", "/plain") == 1
    decided = house.client.reviews.decide("inv_104", DeclareFailed(), reason="it is not wanted any more")
    assert not decided.open
    (word,) = [event for event in house.client.invocations.handle("inv_104").watch(timeout=10) if event.kind == "DECLARED_GONE"]
    assert (word.attributes["author"], word.attributes["reason"], word.attributes["host"]) == (
        "operator/operator",
        "it burnt down",
        lost,
    )


def test_a_host_that_was_declared_lost_and_comes_back_ends_its_boxes_and_goes_on_under_another_id(
    own_house: House, upstream: Hostile
) -> None:
    house = own_house
    house.client.toolsets.import_openapi(description(), "hostile", server=upstream.url)
    call = house.begin("write_slowly", {}, new_key())
    eventually(lambda: upstream.received("POST", "/hang") == 1, what="the request upstream")
    boxes = house.boxes()
    lost = house.run_async(with_past(house, "declare_cut_off"))
    assert house.exit_code() == 1  # at once: it does not let the call end first
    assert "declared lost" in house.log.read_text()
    house.start_gateway()
    assert not boxes & house.boxes()
    states = {host.id: (bool(host.gateways), host.lost is not None) for host in house.client.hosts.list()}
    assert states.pop(lost) == (False, True)
    assert list(states.values()) == [(True, False)]
    assert house.client.call("write_plain", {}).state is State.SUCCEEDED
    call.cancel()

"""Calls that have one key after another: what the probes and fallbacks of one have found or done says nothing of the next."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

import pytest

from examples.orders.server import Door
from gateway.model.invocation import RETENTION, Invocation, InvocationState
from gateway.pipeline.call import Call, invocation_id, request_of
from gateway.pipeline.reserve_keys import fallback_key, find_fallback_key
from gateway.records.ledger.protocol import FencedLease, New
from registry.model.tool import Condition, Draft, Fallback, Probe
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import KEY, Change, Desk, OpenDesk, die_in_fallback, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, serving
from tests.gateway.records.lives import ATTEMPT

ORDER = {"body": {"item": "hinge", "quantity": 2}}
ANOTHER_ORDER = {"body": {"item": "hinge", "quantity": 3}}
#: Its item is the id of the first order, which the fallback finds.
KNOWN_ORDER = {"body": {"item": "ord_1", "quantity": 1}}
#: Seconds for which the keys of these tests are known.
SHORT = 60.0


class Post(Enum):
    """What becomes of a POST: its answer is lost, before or after the shop has acted, or it is 429."""

    LOST_UNDONE = 1
    LOST_DONE = 2
    TOO_MANY = 3


@dataclass
class ScriptedShop(OpenShop):
    """What becomes of its next POSTs; after them, all are done. `looks` counts the GETs."""

    posts: list[Post] = field(default_factory=list)
    looks: int = 0


class ScriptedDoor(Door):
    shop: ScriptedShop

    def answer(self, body: object) -> None:
        self.shop.looks += self.command == "GET"
        follows = self.shop.posts.pop(0) if self.command == "POST" and self.shop.posts else None
        if follows is Post.TOO_MANY:
            self.shop.failing_status, self.shop.failures_left = 429, 1
        if follows is Post.LOST_DONE:
            self.serve(body)
        if follows in {Post.LOST_DONE, Post.LOST_UNDONE}:
            self.close_connection = True
            return
        super().answer(body)


@pytest.fixture
def scripted() -> Iterator[ScriptedShop]:
    shop = ScriptedShop()
    with serving(shop, ScriptedDoor):
        yield shop


def probed(draft: Draft) -> Draft:
    """`create_order` has two attempts, and a probe whose arguments are of the call's own."""
    if draft.name != "create_order":
        return draft
    probe = Probe("list_orders", {"limit": "/body/quantity"}, Condition("/orders/0/item", "hinge"), "/orders/0", settle=0.0)
    return replace(draft, probe=probe, key_retention=SHORT, limits=replace(draft.limits, max_attempts=2))


def falling_back(server: str, *, max_attempts: int = 3) -> Change:
    """`create_order` at a server of its own, with `get_order` at the shop as its fallback."""

    def changed(draft: Draft) -> Draft:
        if draft.name != "create_order":
            return draft
        limits, operation = replace(draft.limits, max_attempts=max_attempts), replace(draft.operation, server=server)
        fallback = Fallback("get_order", {"order_id": "/body/item"})
        return replace(draft, fallback=fallback, limits=limits, operation=operation, key_retention=SHORT)

    return changed


def forget(desk: Desk) -> None:
    """The record of the call goes, and nothing else: as by retention after SHORT seconds, or with the tail of a store."""
    del desk.ledger._tenants[desk.principal.tenant].records[invocation_id(desk.principal, KEY)]


def outlive(desk: Desk) -> None:
    desk.clock.forward(SHORT + 1.0)
    forget(desk)


async def freed_after_a_probe(desk: Desk, shop: ScriptedShop) -> Invocation:
    """A call whose first answer is lost, of which the probe says that it did not happen, and that is then given up."""
    shop.posts = [Post.LOST_UNDONE, Post.TOO_MANY]
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (outcome_of(ended).not_done, [one.evidence for one in ended.attempts]) == (True, [Evidence.SENT, Evidence.NOT_DONE])
    return ended


async def test_what_a_probe_found_before_its_key_was_free_decides_nothing_of_the_next_call(
    scripted: ScriptedShop, open_desk: OpenDesk
) -> None:
    """Two orders were made, of one call."""
    desk = await open_desk(scripted.address, draft=probed)
    await freed_after_a_probe(desk, scripted)
    scripted.posts = [Post.LOST_DONE]
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (ended.state, len(scripted.orders)) == (InvocationState.SUCCEEDED, 1)
    assert outcome_of(ended).source == "probe:list_orders"


async def test_a_probe_is_asked_for_another_call_that_a_free_key_was_used_for(
    scripted: ScriptedShop, open_desk: OpenDesk
) -> None:
    """It was refused as a reuse of its key, and the call left to a person."""
    desk = await open_desk(scripted.address, draft=probed)
    await freed_after_a_probe(desk, scripted)
    scripted.posts = [Post.LOST_DONE]
    ended = (await desk.call("create_order", ANOTHER_ORDER)).invocation
    assert (ended.state, scripted.looks) == (InvocationState.SUCCEEDED, 2)


async def test_what_a_probe_found_before_retention_decides_nothing_of_the_next_call(
    scripted: ScriptedShop, open_desk: OpenDesk
) -> None:
    """The caller was told the order of the call before, and none was made."""
    desk = await open_desk(scripted.address, draft=probed)
    scripted.posts = [Post.LOST_DONE]
    assert outcome_of((await desk.call("create_order", ORDER)).invocation).source == "probe:list_orders"
    outlive(desk)
    scripted.orders.clear()
    scripted.posts = [Post.LOST_UNDONE]
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (ended.state, len(scripted.orders)) == (InvocationState.SUCCEEDED, 1)
    assert outcome_of(ended).source == ""


async def test_what_a_fallback_answered_before_retention_is_no_answer_to_the_next_call(
    shop: OpenShop, free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))
    shop.create({"item": "x", "quantity": 1})
    first = outcome_of((await desk.call("create_order", KNOWN_ORDER)).invocation)
    outlive(desk)
    second = outcome_of((await desk.call("create_order", KNOWN_ORDER)).invocation)
    assert {first.source[:9], second.source[:9]} == {"fallback:"}
    assert first.source != second.source
    assert shop.requests == 2


async def test_a_fallback_is_not_called_again_where_a_store_has_lost_the_call_and_not_its_fallback(
    shop: OpenShop, free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    """Of the call itself nothing was sent, so no gateway puts it back. It is claimed anew."""
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))
    shop.create({"item": "x", "quantity": 1})
    first = outcome_of((await desk.call("create_order", KNOWN_ORDER)).invocation)
    forget(desk)
    again = await desk.call("create_order", KNOWN_ORDER)
    assert (again.from_record, outcome_of(again.invocation).source, shop.requests) == (False, first.source, 1)


async def test_whichever_gateway_goes_on_finds_the_fallback_of_a_key_that_had_one_before(
    shop: OpenShop, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))
    shop.create({"item": "x", "quantity": 1})
    await desk.call("create_order", KNOWN_ORDER)
    outlive(desk)
    id = await die_in_fallback(desk, monkeypatch, "create_order", KNOWN_ORDER)
    life = (await desk.read(id)).life
    key = await find_fallback_key(desk.ledger, desk.principal, id, life, 3)
    assert key == fallback_key(id, 3, life)
    made = Call("get_order", b'{"order_id": "ord_1"}', key, run_id="run", parent=id)
    assert (await desk.invoker.invoke(desk.caller, made)).invocation.state is InvocationState.SUCCEEDED
    desk.clock.forward(RETENTION)  # the fallback of the call before goes meanwhile
    del desk.ledger._tenants[desk.principal.tenant].records[invocation_id(desk.principal, fallback_key(id, 3))]
    assert await find_fallback_key(desk.ledger, desk.principal, id, life, 3) == key


@pytest.mark.parametrize("before", ["gone by retention", "known, and has done nothing"])
async def test_a_call_is_cancelled_whose_key_had_a_fallback_before(
    shop: OpenShop, free_port: Callable[[], int], open_desk: OpenDesk, before: str
) -> None:
    """The fallback of the call before was cancelled in its place."""
    draft = falling_back(f"http://127.0.0.1:{free_port()}", max_attempts=1)
    desk = await open_desk(shop.address, draft=draft)
    if before == "gone by retention":
        shop.create({"item": "x", "quantity": 1})
    else:
        shop.failing_status, shop.failures_left = 429, 99
    first = (await desk.call("create_order", KNOWN_ORDER)).invocation
    assert outcome_of(first).not_done == (before != "gone by retention")
    if before == "gone by retention":
        outlive(desk)
    held = await claimed(desk)
    await desk.ledger.retry(held, replace(ATTEMPT, evidence=Evidence.NOT_SENT), delay=60.0)
    assert (await desk.invoker.cancel(desk.caller, held.id)).state is InvocationState.CANCELLED


async def claimed(desk: Desk) -> FencedLease:
    """The same call, of which a gateway has just the key."""
    call = Call("create_order", b"{}", KEY)
    request = request_of(call, desk.versions["create_order"], SHORT)
    new = await desk.ledger.claim(invocation_id(desk.principal, KEY), "f", desk.principal, request, lease=10.0)
    assert isinstance(new, New)
    return new.held

"""A part is down: the call is refused in two seconds, the error says which and what to do, and nothing is left of the call."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
import redis

from callgate import CallgateError, State
from callgate.errors import EngineUnavailable, StoreUnavailable, VaultUnavailable
from callgate.keys import new_key
from gateway.embedded.child import Child

from .cable import Cable
from .conftest import Open, OpenShop
from .hostile import Hostile, description
from .house import CLEAN_WITHIN, House, eventually, within

pytestmark = pytest.mark.slow  # each test starts a stack of its own

E = TypeVar("E", bound=CallgateError)

ORDER = {"body": {"item": "chair", "quantity": 4}}
OTHER = {"body": {"item": "table", "quantity": 1}}


def refused(house: House, key: str, expected: type[E], part: str, tool: str = "create_order") -> E:
    """Call, and see it refused as it should be."""
    with within(2), pytest.raises(expected) as refusal:
        house.hasty.call(tool, ORDER, key=key)
    assert part in refusal.value.message
    assert refusal.value.cure
    assert refusal.value.retryable
    return refusal.value


def assert_works_as_if_nothing_had_been(house: House, shop: OpenShop, key: str) -> None:
    """The same key is free for another call: nothing was kept of the refused one."""
    invocation = house.client.call("create_order", OTHER, key=key)
    assert invocation.state is State.SUCCEEDED
    assert not invocation.from_record
    assert [order.item for order in shop.state.orders.values()][-1] == "table"
    house.settle(invocation.id)
    eventually(house.is_at_rest, what="only waiting boxes")
    # What a part that hung was asked for then, it may do only now.
    eventually(lambda: house.live_tokens() == [], CLEAN_WITHIN, "no live token")


def store_of(house: House) -> int:
    """The pid of the store's process."""
    url = urlsplit(house.settings["CALLGATE_REDIS_URL"])
    with redis.Redis(port=url.port or 0, password=house.state.store_password.read_text()) as client:
        return int(client.info("server")["process_id"])


def vault_of(house: House) -> int:
    """The pid of Vault's process."""
    mark = str(house.state.vault / "server.json").encode()
    for entry in list(Path("/proc").glob("[0-9]*")):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            if mark in (entry / "cmdline").read_bytes():
                return int(entry.name)
    raise AssertionError("Vault does not run")


def test_a_sealed_vault_is_named_and_its_unsealing_is_enough(new_house: House, open_shop: Open) -> None:
    shop, key = open_shop(new_house), new_key()
    new_house.vault("PUT", "sys/seal")
    assert "nseal" in refused(new_house, key, VaultUnavailable, "sealed").cure
    eventually(new_house.is_at_rest, what="the box of the refused call to go")
    new_house.vault("PUT", "sys/unseal", {"key": new_house.state.unseal_key.read_text()})
    eventually(new_house.vault_is_active, what="an active Vault")
    assert shop.state.requests == 0
    assert_works_as_if_nothing_had_been(new_house, shop, key)


def test_a_vault_that_hangs_is_named_and_what_it_mints_too_late_is_revoked(new_house: House, open_shop: Open) -> None:
    shop, key = open_shop(new_house), new_key()
    vault = vault_of(new_house)
    os.kill(vault, signal.SIGSTOP)
    try:
        refused(new_house, key, VaultUnavailable, "does not answer")
    finally:
        os.kill(vault, signal.SIGCONT)
    assert shop.state.requests == 0
    eventually(lambda: new_house.live_tokens() == [], CLEAN_WITHIN, "no live token")
    assert_works_as_if_nothing_had_been(new_house, shop, key)


def test_a_store_that_hangs_is_named_and_its_waking_is_enough(new_house: House, open_shop: Open) -> None:
    shop, key = open_shop(new_house), new_key()
    store = store_of(new_house)
    os.kill(store, signal.SIGSTOP)
    try:
        refused(new_house, key, StoreUnavailable, "Redis")
    finally:
        os.kill(store, signal.SIGCONT)
    assert shop.state.requests == 0
    assert_works_as_if_nothing_had_been(new_house, shop, key)


@pytest.fixture
def restart_store(new_house: House, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Start the store again, in the same home. It is stopped after the gateway that needs it."""
    started: list[Child] = []
    program = Path(f"/proc/{store_of(new_house)}/exe").readlink()

    def start() -> None:
        started.append(Child("store", [program, new_house.state.store / "store.conf"], log=tmp_path / "log"))

    yield start
    new_house.stop_gateway()
    for child in started:
        asyncio.run(child.stop())


def kill_store(house: House) -> None:
    store = store_of(house)
    os.kill(store, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{store}/exe").exists(), what="the store's end")


def test_a_store_that_is_killed_is_named_and_remembers_all_when_it_is_back(
    new_house: House, open_shop: Open, restart_store: Callable[[], None]
) -> None:
    shop, known, key = open_shop(new_house), new_key(), new_key()
    first = new_house.client.call("create_order", ORDER, key=known)
    kill_store(new_house)
    refused(new_house, key, StoreUnavailable, "Redis")
    restart_store()
    repeated = new_house.client.call("create_order", ORDER, key=known)
    assert (repeated.from_record, repeated.outcome, len(shop.state.orders)) == (True, first.outcome, 1)
    assert_works_as_if_nothing_had_been(new_house, shop, key)


def test_an_answer_that_comes_while_the_store_is_away_is_recorded_when_it_is_back(
    new_house: House, upstream: Hostile, restart_store: Callable[[], None]
) -> None:
    new_house.offer(description(), "hostile", upstream.url)
    call = new_house.begin("write_slowly", {}, new_key())
    eventually(lambda: upstream.requests, what="the request upstream")
    kill_store(new_house)
    upstream.released.set()
    eventually(lambda: upstream.answered, what="the answer")
    refused(new_house, new_key(), StoreUnavailable, "Redis", tool="write_plain")
    restart_store()
    assert call.result(60).state is State.SUCCEEDED, "the gateway lived, and had the answer"
    assert upstream.received("POST", "/hang") == 1


def test_what_was_not_sent_because_the_store_hung_is_not_unknown(new_house: House, upstream: Hostile) -> None:
    """The store makes DISPATCHED durable when it wakes, but its answer comes too late: the runner was told not to send."""
    new_house.offer(description(), "hostile", upstream.url)
    eventually(new_house.ready_boxes, what="a box that waits")
    (box,), store, key = new_house.ready_boxes(), store_of(new_house), new_key()
    os.kill(box, signal.SIGSTOP)
    call = new_house.begin("write_plain", {}, key)
    eventually(lambda: new_house.has_begun(key), what="the claim")
    os.kill(store, signal.SIGSTOP)
    os.kill(box, signal.SIGCONT)
    eventually(lambda: not Path(f"/proc/{box}").exists(), what="the end of the box that was refused")
    refused(new_house, new_key(), StoreUnavailable, "Redis", tool="write_plain")
    os.kill(store, signal.SIGCONT)
    ended = call.result(60)
    assert ended.state is State.SUCCEEDED, ended
    assert upstream.received("POST", "/plain") == 1


@pytest.mark.parametrize("trouble", [Cable.cut, Cable.deafen])
def test_an_engine_that_is_away_is_named_and_its_return_is_enough(
    house_on_a_cable: House, cable: Cable, open_shop: Open, trouble: Callable[[Cable], None]
) -> None:
    house = house_on_a_cable
    shop, key = open_shop(house), new_key()
    eventually(house.ready_boxes, what="a box that waits")
    trouble(cable)
    with suppress(EngineUnavailable):
        house.hasty.call("list_orders", {})  # the box that waits needs no engine
    before = shop.state.requests
    assert "Docker" in refused(house, key, EngineUnavailable, "engine").cure
    assert (shop.state.requests, house.live_tokens()) == (before, [])
    cable.mend()
    assert_works_as_if_nothing_had_been(house, shop, key)

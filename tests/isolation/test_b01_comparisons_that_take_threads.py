"""Imports whose comparisons take long took the threads that all share: for as long, nothing was written to the state directory,
and no large arguments were read."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest

from gateway.records.redis import catalog
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.planning import Planning
from registry.catalog.import_plan import plan_draft
from registry.model.tool import Draft
from tests.conftest import StartRedis
from tests.gateway.records.stores import opened
from tests.isolation.test_b01_documents_that_hold_the_gateway import draft, text

#: More than the threads that all share.
IMPORTS = 40


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Comparisons last until this is set."""
    over, plan = Event(), plan_draft

    def long(*arguments: object) -> object:
        over.wait(30)
        return plan(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(catalog, "plan_draft", long)
    yield over
    over.set()


def named(number: int) -> Draft:
    return replace(draft(text(10)), name=f"t{number}", toolset=f"set{number}")


async def test_no_import_takes_the_threads_that_all_share(held: Event, start_redis: StartRedis) -> None:
    async with opened(start_redis()) as store:
        catalogs = RedisCatalogs(store, owner=None)
        adding = [asyncio.create_task(catalogs.of("acme").add([named(number)])) for number in range(IMPORTS)]
        async with asyncio.timeout(5):
            await asyncio.wait(adding, timeout=0.2)
            assert await asyncio.to_thread(lambda: "free") == "free"
        held.set()
        assert {(await one).added for one in adding} == {1}


async def test_an_import_that_was_given_up_compares_no_more() -> None:
    planning, compared, going_on = Planning(), list[int](), Event()

    def compare(number: int) -> None:
        compared.append(number)
        going_on.wait(30)

    given_up = asyncio.create_task(planning.each(compare, range(100)))
    async with asyncio.timeout(5):
        while not compared:
            await asyncio.sleep(0.001)
    given_up.cancel()
    other = asyncio.create_task(planning.each(compare, [1000]))
    await asyncio.sleep(0)
    going_on.set()
    await other
    assert compared == [0, 1000]

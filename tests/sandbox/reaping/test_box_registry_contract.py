"""One body over the register in memory and the one in Redis."""

import itertools
from collections.abc import AsyncIterator

import pytest

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import Store
from sandbox.api.errors import BoxRegistryUnavailable
from sandbox.reaping.box_registry import Absent, BoxPlace, BoxRegistry, MemoryBoxRegistry

HERE = BoxPlace("engine-1", "/run/callgate", "gw-1")

runs = itertools.count(1)


@pytest.fixture(params=["memory", "redis"])
async def register(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[BoxRegistry]:
    if request.param == "memory":
        yield MemoryBoxRegistry()
        return
    store = Store(RedisSettings(url=redis_url))
    await store.open()
    yield RedisBoxRegistry(store)
    await store.close()


@pytest.fixture
def name() -> str:
    """Of a box that no other test has."""
    return f"cg-{next(runs):012x}"


async def test_a_box_is_found_where_it_was_entered_until_it_is_removed(register: BoxRegistry, name: str) -> None:
    assert await register.find(name) is Absent.NEVER
    await register.enter(name, HERE)
    assert await register.find(name) == HERE
    await register.mark_removed(name)
    assert await register.find(name) is Absent.GONE


async def test_marking_as_removed_again_or_what_was_never_entered_is_no_error(register: BoxRegistry, name: str) -> None:
    await register.mark_removed(name)
    await register.mark_removed(name)
    assert await register.find(name) is Absent.GONE


async def test_only_the_boxes_of_one_run_directory_on_one_engine_are_listed(register: BoxRegistry, name: str) -> None:
    run_dir = f"/run/of-{name}"
    await register.enter(name, BoxPlace("engine-1", run_dir, "gw-1"))
    await register.enter(f"{name}-2", BoxPlace("engine-1", run_dir, "gw-2"))
    await register.enter(f"{name}-3", BoxPlace("engine-2", run_dir, "gw-3"))
    await register.enter(f"{name}-4", BoxPlace("engine-1", "/run/other", "gw-4"))
    await register.mark_removed(f"{name}-2")
    assert await register.at("engine-1", run_dir) == {name: "gw-1"}


async def test_without_redis_the_register_says_so() -> None:
    store = Store(RedisSettings(url="redis://127.0.0.1:1/0"))
    with pytest.raises(BoxRegistryUnavailable):
        await RedisBoxRegistry(store).enter("cg-1", HERE)
    await store.close()

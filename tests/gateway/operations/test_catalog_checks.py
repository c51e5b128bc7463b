"""What `callgate doctor` says of the catalog, of a real store."""

from collections.abc import AsyncIterator

import pytest

from gateway.model.redis_settings import RedisSettings
from gateway.operations.catalog_checks import check_catalog
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from tests.gateway.records.redis.test_catalog_of_before import GatewayOfBefore, draft
from tests.registry.catalog.test_catalog_contract import database


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = Store(RedisSettings(url=database(redis_url)))
    await store.open()
    yield store
    await store.close()


async def test_while_it_is_not_said_whose_the_toolsets_of_before_are_the_setting_is_named(store: Store) -> None:
    assert (await check_catalog(RedisCatalogs(store), None)).ok
    await GatewayOfBefore(store).add(draft("pay"))
    finding = await check_catalog(RedisCatalogs(store), None)
    assert (finding.ok, "CALLGATE_CATALOG_OWNER=TENANT" in finding.cure) == (False, True)
    assert (await check_catalog(RedisCatalogs(store, owner="acme"), "acme")).ok  # it only looks, and a gateway will say it
    assert not (await check_catalog(RedisCatalogs(store), None)).ok


async def test_a_setting_that_comes_too_late_is_told(store: Store) -> None:
    await GatewayOfBefore(store).add(draft("pay"))
    await RedisCatalogs(store, owner="acme").settle()
    assert not (await check_catalog(RedisCatalogs(store), "acme")).warns
    finding = await check_catalog(RedisCatalogs(store), "globex")
    assert (finding.ok, finding.warns) == (True, True)
    assert "'acme'" in finding.detail

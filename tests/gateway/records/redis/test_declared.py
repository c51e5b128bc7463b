"""A Redis that does not let CONFIG tell: refused, or used on an operator's word, which is never taken against INFO's."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.model.errors import StoreUntrusted
from gateway.model.redis_settings import RedisSettings
from gateway.operations.doctor import check_store
from tests.gateway.records.lives import whole_life
from tests.gateway.records.stores import at
from tests.gateway.records.troubles import Made, serving, user

STATEMENT = "a log over three zones, says the provider's contract"

pytestmark = pytest.mark.parametrize("kind", ["valkey", "redis"])


def declared(settings: RedisSettings) -> RedisSettings:
    return RedisSettings(
        url=settings.url,
        user=settings.user,
        password_file=settings.password_file,
        durability="declared",
        durability_statement=STATEMENT,
    )


@asynccontextmanager
async def without_config(home: Path, kind: str, **settings: str) -> AsyncIterator[RedisSettings]:
    """As providers offer it: the command is not there."""
    async with serving(home / "server", kind, **{"rename-command CONFIG": '""', **settings}) as server:
        yield RedisSettings(url=server.url)


def forbidden_config(home: Path, kind: str) -> Made:
    return user(home, kind, "~*", "+@all", "-config")


@pytest.mark.parametrize("make", [without_config, forbidden_config])
async def test_where_config_is_hidden_the_operator_grants_it_or_declares(
    make: Callable[[Path, str], Made], kind: str, tmp_path: Path
) -> None:
    async with make(tmp_path, kind) as settings:
        async with at(settings) as store:
            with pytest.raises(StoreUntrusted, match="CONFIG is refused") as refused:
                await store.open()
            assert "+config|get" in refused.value.cure
            assert "CALLGATE_REDIS_DURABILITY=declared" in refused.value.cure
            with pytest.raises(StoreUntrusted):
                store.require_trusted()
        async with at(declared(settings)) as store:
            await store.open()
            await whole_life(store, "inv_1")
            told = [finding.detail for finding in await check_store(store) if finding.ok]
            assert f"durability is declared, not checked: {STATEMENT}" in told


@pytest.mark.parametrize(
    ("contrary", "named"),
    [({"appendonly": "no"}, "aof_enabled is 0"), ({"maxmemory_policy": "allkeys-lru"}, "maxmemory_policy")],
)
async def test_what_info_shows_is_held_against_a_declaration(
    contrary: dict[str, str], named: str, kind: str, tmp_path: Path
) -> None:
    async with without_config(tmp_path, kind, **contrary) as settings, at(declared(settings)) as store:
        with pytest.raises(StoreUntrusted, match=f"declared to keep.*{named}"):
            await store.open()


async def test_where_config_answers_a_declaration_changes_nothing(kind: str, tmp_path: Path) -> None:
    unsafe = serving(tmp_path / "server", kind, appendfsync="everysec")
    async with unsafe as server, at(declared(RedisSettings(url=server.url))) as store:
        with pytest.raises(StoreUntrusted, match="appendfsync is everysec"):
            await store.open()
    async with serving(tmp_path / "another", kind) as server, at(declared(RedisSettings(url=server.url))) as store:
        await store.open()
        assert (await store.standing()).declared is None, "it was checked"

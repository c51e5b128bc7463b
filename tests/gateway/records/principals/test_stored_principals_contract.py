"""What the store keeps of who may call: one contract for the table in memory and the one in Redis."""

from collections.abc import AsyncIterator
from dataclasses import replace
from secrets import token_hex

import pytest

from gateway.model.principal import Caller, Principal, Rule
from gateway.model.redis_settings import RedisSettings
from gateway.model.token_entry import TokenEntry
from gateway.records.principals import protocol
from gateway.records.principals.memory_principals import MemoryPrincipals
from gateway.records.principals.protocol import StoredPrincipals, TableFull, TokenKnown, TokenTable, number_of
from gateway.records.redis import principals as redis_principals
from gateway.records.redis.client import Store
from gateway.records.redis.principals import KEYS, RedisPrincipals

ALL = Rule(("orders_*", "list_*"), may_import=True, may_review=True, may_operate=True)


@pytest.fixture(params=["memory", "valkey"])
async def stored(request: pytest.FixtureRequest) -> AsyncIterator[StoredPrincipals]:
    """A table of the test's own."""
    if request.param == "memory":
        yield MemoryPrincipals()
        return
    store = Store(RedisSettings(url=request.getfixturevalue("redis_url")))
    await store.open()
    await store.delete(*KEYS)
    yield RedisPrincipals(store)
    await store.delete(*KEYS)
    await store.close()


def entry(subject: str = "ada", rule: Rule = ALL, expires: float | None = 4e9) -> TokenEntry:
    caller = Caller(Principal("acme", "planner", subject), rule)
    return TokenEntry(token_hex(32), caller, expires, created=1.5, creator="acme/operator/kim")


async def table_of(stored: StoredPrincipals, applied: str = "none") -> TokenTable:
    table = await stored.look("gw-1", applied)
    assert table is not None
    return table


async def test_what_was_added_is_read_back_equal(stored: StoredPrincipals) -> None:
    added = [entry(), entry("bob", Rule(), None)]
    for one in added:
        await stored.add(one)
    assert set((await table_of(stored)).entries) == set(added)
    assert await stored.table() == await table_of(stored)


async def test_each_change_has_a_revision_and_who_goes_by_it_is_told_nothing_again(stored: StoredPrincipals) -> None:
    assert await stored.look("gw-1", "") is None
    first, one = await stored.add(entry()), entry()
    second = await stored.add(one)
    third = await stored.revoke(frozenset({one.digest}), "kim")
    assert [number_of(revision) for revision in (first, second, third)] == [1, 2, 3]
    assert await stored.look("gw-1", third) is None
    assert (await table_of(stored, second)).revision == third


async def test_another_history_with_the_same_number_is_another_revision(stored: StoredPrincipals) -> None:
    await stored.add(entry())
    assert (await table_of(stored, "1-of-before")).revision.startswith("1-")


async def test_the_same_again_changes_nothing_and_another_of_that_digest_is_refused(stored: StoredPrincipals) -> None:
    one = entry()
    revision = await stored.add(one)
    assert await stored.add(replace(one, created=7.0)) == revision
    with pytest.raises(TokenKnown):
        await stored.add(replace(one, caller=replace(one.caller, rule=Rule())))
    assert (await stored.table()).entries == (one,)


async def test_what_was_revoked_is_gone_and_never_comes_back(stored: StoredPrincipals) -> None:
    gone, other = entry(), entry()
    for one in (gone, other):
        await stored.add(one)
    await stored.revoke(frozenset({gone.digest}), "kim")
    table = await stored.table()
    assert (table.entries, table.revoked) == ((other,), frozenset({gone.digest}))
    with pytest.raises(TokenKnown):
        await stored.add(gone)


async def test_there_are_only_so_many(stored: StoredPrincipals, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (redis_principals, protocol, __import__("gateway.records.principals.memory_principals", fromlist=["MOST"])):
        monkeypatch.setattr(module, "MOST", 2)
    for _ in range(2):
        await stored.add(entry())
    with pytest.raises(TableFull):
        await stored.add(entry())


async def test_a_gateway_is_behind_until_it_goes_by_the_revision_or_leaves(stored: StoredPrincipals) -> None:
    for gateway in ("gw-1", "gw-2", "gw-3"):
        await stored.look(gateway, "")
    revision = await stored.add(entry())
    assert await stored.behind(revision) == ("gw-1", "gw-2", "gw-3")
    await stored.look("gw-1", revision)
    await stored.leave("gw-3")
    assert await stored.behind(revision) == ("gw-2",)
    await stored.look("gw-2", await stored.add(entry()))
    assert await stored.behind(revision) == ()

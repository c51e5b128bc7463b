"""How a gateway learns who may call."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.maintenance.principals_upkeep import PrincipalsUpkeep
from gateway.model.errors import StoreUnavailable, Unauthenticated
from gateway.model.principal import Caller, Principal, Rule
from gateway.model.token_entry import TokenEntry
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.principals.memory_principals import MemoryPrincipals
from gateway.records.principals.protocol import TokenTable

ENTRY = TokenEntry("a" * 64, Caller(Principal("acme", "planner", "ada"), Rule(("*",))), creator="ops/kim/kim")


class Away(MemoryPrincipals):
    """Until a test says otherwise, nothing is heard of it."""

    away = True

    async def look(self, gateway: str, applied: str) -> TokenTable | None:
        if self.away:
            raise StoreUnavailable("Redis does not answer")
        return await super().look(gateway, applied)


def upkeep_of(store: MemoryPrincipals, file: Path) -> PrincipalsUpkeep:
    file.write_text("{}")
    return PrincipalsUpkeep(tokens=KnownTokens(listed={}), store=store, gateway="gw-1", file=file, signed=None)


async def test_it_goes_by_the_stores_table_and_says_so(tmp_path: Path) -> None:
    store = MemoryPrincipals()
    upkeep = upkeep_of(store, tmp_path / "principals.json")
    revision = await store.add(ENTRY)
    await upkeep.look()
    assert upkeep.tokens.find(ENTRY.digest) == ENTRY
    assert (upkeep.tokens.revision, await store.behind(revision)) == (revision, ())


async def test_a_revocation_that_the_store_has_lost_is_made_again(tmp_path: Path) -> None:
    store = MemoryPrincipals()
    upkeep = upkeep_of(store, tmp_path / "principals.json")
    await store.add(ENTRY)
    await store.revoke(frozenset({ENTRY.digest}), "kim")
    await upkeep.look()
    upkeep.store = emptied = MemoryPrincipals()
    await emptied.add(ENTRY)
    await upkeep.look()
    with pytest.raises(Unauthenticated):
        upkeep.tokens.find(ENTRY.digest)
    assert (await emptied.table()).revoked == {ENTRY.digest}


async def test_a_store_that_is_away_is_told_of_once_and_the_file_is_read_meanwhile(tmp_path: Path) -> None:
    store = Away()
    upkeep = upkeep_of(store, tmp_path / "principals.json")
    with capture_logs() as logs:
        for _ in range(3):
            await upkeep.look()
        listed = {"b" * 64: {"tenant": "acme", "agent": "planner", "subject": "bob"}}
        (tmp_path / "principals.json").write_text(json.dumps(listed))
        await upkeep.look()
    assert [log["event"] for log in logs].count("principals_not_heard") == 1
    assert upkeep.tokens.find("b" * 64).caller.principal.subject == "bob"
    store.away = False
    await upkeep.look()
    with pytest.raises(Unauthenticated):
        upkeep.tokens.find("c" * 64)


async def test_a_file_that_is_gone_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    file = tmp_path / "principals.json"
    upkeep = upkeep_of(MemoryPrincipals(), file)
    file.write_text(json.dumps({"b" * 64: {"tenant": "acme", "agent": "planner", "subject": "bob"}}))
    await upkeep.look()
    file.unlink()
    with capture_logs() as logs:
        for _ in range(3):
            await upkeep.look()
    assert [log["event"] for log in logs] == ["principals_file_refused"]
    assert upkeep.tokens.file_trouble
    assert upkeep.tokens.find("b" * 64)

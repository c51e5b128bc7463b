"""What the doctor finds on real stores that answer and write, and where a gateway does nothing all the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.principal import Principal
from gateway.model.redis_settings import RedisSettings
from gateway.operations.doctor import PartFinding, check_store
from gateway.operations.history_checks import check_histories
from gateway.operations.host_checks import judged
from gateway.records.ledger.protocol import HistoryState
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from sandbox.reaping.host_registry import Declaration, HostFacts, KnownHost
from tests.gateway.records.stores import at, operator_of
from tests.gateway.records.troubles import serving, until, user

CALLER = Principal("acme", "planner", "ada")
KINDS = pytest.mark.parametrize("kind", ["valkey", "redis"])


@KINDS
@pytest.mark.parametrize("missing", ["fcall", "function|load"])
async def test_a_user_who_may_write_and_may_not_use_functions_is_found_with_the_cure(
    missing: str, kind: str, tmp_path: Path
) -> None:
    async with user(tmp_path, kind, "~cg:*", "+@all", f"-{missing}") as settings, at(settings) as store:
        (finding,) = await check_store(store)
    assert not finding.ok
    assert missing in finding.detail
    assert "ACL SETUSER" in finding.cure


@KINDS
async def test_a_function_is_tried_on_a_server_that_has_none_yet_and_leaves_no_key(kind: str, tmp_path: Path) -> None:
    async with serving(tmp_path / "server", kind) as server, at(RedisSettings(url=server.url)) as store:
        assert all(finding.ok for finding in await check_store(store))
        async with server.asked() as operator:
            expiring = [await operator.pttl(key) for key in await operator.keys("*")]
            libraries = [str(entry) for entry in await operator.function_list()]
    assert all(0 <= left <= 1000 or left == -2 for left in expiring)
    assert not any("trial" in library for library in libraries)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with serving(tmp_path / "server", "valkey") as server, at(RedisSettings(url=server.url)) as store:
        await store.open()
        yield store


async def found(store: Store) -> list[PartFinding]:
    return await check_histories(RedisLedger(store, witness=Witness.of_an_onlooker()))


async def ledger_that_knows_of(store: Store, number: int) -> RedisLedger:
    """Of a gateway that has seen so many events of the tenant."""
    witness = Witness()
    if number:
        witness.saw(CALLER.tenant, Mark(number, b"12345678", 1))
    ledger = RedisLedger(store, witness=witness)
    await ledger.know(CALLER.tenant)
    return ledger


async def test_a_settled_history_is_one_finding_and_to_look_changes_nothing(store: Store) -> None:
    await (await ledger_that_knows_of(store, 0)).remember()
    async with operator_of(f"redis://{(await store.standing()).primary}") as operator:
        before = {key: await operator.dump(key) for key in await operator.keys("*")}
        (finding,) = await found(store)
        assert {key: await operator.dump(key) for key in await operator.keys("*")} == before
    assert (finding.ok, finding.detail) == (True, "settled, of 1 tenants")


async def test_a_history_that_waits_for_an_operator_is_wrong_and_names_the_tenant(store: Store) -> None:
    await (await ledger_that_knows_of(store, 1000)).remember()
    (finding,) = await found(store)
    assert not finding.ok
    assert finding.detail.startswith("acme: open: more is lost")
    assert "callgate store acknowledge" in finding.cure


class HistoriesAsTold:
    def __init__(self, **states: HistoryState) -> None:
        self._states = states

    async def tenants(self) -> list[str]:
        return list(self._states)

    async def history(self, tenant: str) -> HistoryState:
        return self._states[tenant]


async def test_gateways_that_a_history_waits_for_are_named_with_what_brings_it_on() -> None:
    waiting = HistoryState(open=True, awaited=("gw-1", "gw-2"))
    waits, settles = await check_histories(HistoriesAsTold(acme=waiting, blue=HistoryState(open=True), calm=HistoryState()))
    assert waits.detail == "acme: open: waits for gateways gw-1, gw-2"
    assert "CALLGATE_STATE_DIR" in waits.cure
    assert "Wait some seconds" in settles.cure


@KINDS
async def test_a_replica_that_gets_its_data_is_shown_with_its_state(kind: str, tmp_path: Path) -> None:
    async with (
        serving(tmp_path / "primary", kind, repl_diskless_sync_delay=600) as primary,
        serving(tmp_path / "replica", kind, replicaof=f"127.0.0.1 {primary.port}") as replica,
        at(RedisSettings(url=primary.url)) as store,
    ):
        await until(lambda: has_a_replica(store))
        (wrong,) = [finding for finding in await check_store(store) if not finding.ok]
    assert wrong.detail == f"replica {replica.address} is not online: wait_bgsave"
    assert "Wait until" in wrong.cure


async def has_a_replica(store: Store) -> bool:
    return bool((await store.standing()).replicas)


HERE = KnownHost("host-1", HostFacts("mark-1", "engine", "build-7", "boot-1"), ("gw-1", "gw-2"), seen=2000, lost=None)
ELSEWHERE = replace(HERE, id="host-2", facts=replace(HERE.facts, mark="mark-2"))


def test_the_hosts_identity_is_shown_with_the_gateways_that_live_on_it() -> None:
    finding = judged("mark-1", [ELSEWHERE, HERE], "boot-1")
    assert (finding.ok, finding.detail) == (True, "host-1, on build-7; gateways that live: gw-1, gw-2")
    for mark in (None, "mark-3"):
        assert "no identity yet" in judged(mark, [ELSEWHERE, HERE], "boot-1").detail


def test_a_copied_machine_and_a_host_that_was_declared_lost_are_wrong() -> None:
    copied = judged("mark-1", [HERE], "boot-2")
    assert (copied.ok, "docker volume rm callgate-host" in copied.cure) == (False, True)
    assert judged("mark-1", [replace(HERE, gateways=())], "boot-2").ok, "it was started anew"
    lost = replace(HERE, gateways=(), lost=Declaration("ada", "it burnt", 3000))
    assert "declared lost by ada: it burnt" in judged("mark-1", [lost], "boot-1").detail
    assert judged("mark-1", [lost, replace(HERE, id="host-3", seen=1000)], "boot-1").detail.startswith("host-3")

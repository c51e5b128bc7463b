"""Ends that the store could not take: kept on the disk, and written down later by the gateway that runs then."""

import asyncio
import errno
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import Answer, InvocationState, Outcome, Verdict
from gateway.records.ledger.journal import Completion, Journal
from gateway.records.ledger.protocol import FencedLease, New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from tests.gateway.records.lists import under_review, whole
from tests.gateway.records.lives import ATTEMPT, CALLER, ONCE
from tests.gateway.records.stores import opened, process_of, suspended

DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"paid \xff"))


async def dispatched(ledger: RedisLedger, id: str) -> FencedLease:
    claimed = await ledger.claim(id, "f", CALLER, ONCE, lease=0.3)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box-1")
    return claimed.held


def kept(directory: Path) -> list[str]:
    """The names of the files there."""
    return [path.name for path in directory.iterdir()]


def modes(directory: Path) -> list[int]:
    """The permissions of each file that is kept there."""
    return [stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()]


async def test_an_end_outlives_its_gateway_while_the_store_is_away(url: str, tmp_path: Path) -> None:
    process = await process_of(url)
    async with opened(url) as store:
        ledger = RedisLedger(store, journal=Journal(tmp_path))
        held = await dispatched(ledger, "inv_1")
        with suspended(process):
            with pytest.raises(StoreUnavailable):
                await ledger.record(held, DONE, ATTEMPT)
            assert modes(tmp_path) == [0o600]
    async with opened(url) as store:  # of the next process
        ledger = RedisLedger(store, journal=Journal(tmp_path))
        await ledger.write_down()
        found = await ledger.read("acme", "inv_1")
        assert found is not None
        assert (found.state, found.outcome) == (InvocationState.SUCCEEDED, DONE)
        assert modes(tmp_path) == []


async def test_the_truth_from_the_disk_corrects_an_unknown(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, journal=Journal(tmp_path))
    held = await dispatched(ledger, "inv_1")
    await Journal(tmp_path).keep(Completion(held, DONE, ATTEMPT, review=False))
    async with asyncio.timeout(5):
        while not await whole(ledger.lost_holders("acme")):
            await asyncio.sleep(0.01)
    await ledger.take_from_lost("acme", "inv_1")
    assert await under_review(ledger, "acme") == ["inv_1"]
    await ledger.write_down()
    found = await ledger.read("acme", "inv_1")
    assert found is not None
    assert (found.state, len(found.attempts)) == (InvocationState.SUCCEEDED, 1)
    assert await under_review(ledger, "acme") == []


async def test_an_end_that_is_of_nothing_the_ledger_knows_is_set_aside(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, journal=Journal(tmp_path))
    await Journal(tmp_path).keep(Completion(FencedLease("acme", "inv_gone", 7), DONE, None, review=False))
    await ledger.write_down()
    assert [Path(name).suffix for name in kept(tmp_path)] == [".refused"]


async def test_the_end_of_a_read_whose_record_was_dropped_is_forgotten(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, journal=Journal(tmp_path))
    await Journal(tmp_path).keep(Completion(FencedLease("acme", "inv_gone", 7), DONE, ATTEMPT, review=False, unasked="box-1"))
    await ledger.write_down()
    assert kept(tmp_path) == []


async def test_what_was_sent_unasked_is_told_of_by_the_next_process(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, journal=Journal(tmp_path))
    claimed = await ledger.claim("inv_1", "f", CALLER, replace(ONCE, effect=Effect.READ), lease=10.0)
    assert isinstance(claimed, New)
    await Journal(tmp_path).keep(Completion(claimed.held, DONE, ATTEMPT, review=False, unasked="box-1"))
    await ledger.write_down()
    assert [event.kind async for event in ledger.events("acme", "inv_1")] == ["CLAIMED", "DISPATCHED", "RECORDED"]


async def test_a_refusal_that_the_next_process_writes_down_leaves_its_key_to_the_very_call_too(
    store: Store, tmp_path: Path
) -> None:
    ledger = RedisLedger(store, journal=Journal(tmp_path))
    claimed = await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0, call_token="one")
    assert isinstance(claimed, New)
    refused = Outcome(Verdict.SANDBOX_FAILED, not_done=True)
    await Journal(tmp_path).keep(Completion(claimed.held, refused, None, review=False, refused=True))
    await ledger.write_down()
    assert isinstance(await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0, call_token="one"), New)


async def test_a_file_that_was_not_finished_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "half.99.new").write_bytes(b'{"tenant":"ac')
    assert await Journal(tmp_path).entries() == []


async def test_a_disk_that_fails_loses_no_end_that_is_still_to_be_recorded(
    url: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    ledger, process = RedisLedger(store, journal=Journal(tmp_path)), await process_of(url)
    held = await dispatched(ledger, "inv_1")
    monkeypatch.setattr("gateway.records.ledger.journal._write", full)
    with suspended(process), pytest.raises(StoreUnavailable):
        await ledger.record(held, DONE, ATTEMPT)
    assert (await ledger.record(held, DONE, ATTEMPT)).outcome == DONE


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"tenant":"acme"}', b"null"])
async def test_an_end_that_cannot_be_read_is_set_aside_and_stops_no_other(tmp_path: Path, content: bytes) -> None:
    await Journal(tmp_path).keep(Completion(FencedLease("acme", "inv_1", 1), DONE, ATTEMPT, review=False))
    (tmp_path / "0.json").write_bytes(content)
    assert [one.outcome for one in await Journal(tmp_path).entries()] == [DONE]
    assert (tmp_path / "0.refused").read_bytes() == content


async def test_a_directory_that_was_removed_is_made_again_for_the_next_end(tmp_path: Path) -> None:
    journal, end = (
        Journal(tmp_path / "state" / "journal"),
        Completion(FencedLease("acme", "inv_1", 1), DONE, ATTEMPT, review=False),
    )
    await journal.keep(end)
    for _ in range(2):
        shutil.rmtree(tmp_path / "state")
        await journal.keep(end)  # as often as the store is tried
        assert [one.outcome for one in await Journal(tmp_path / "state" / "journal").entries()] == [DONE]
        assert stat.S_IMODE((tmp_path / "state" / "journal").stat().st_mode) == 0o700

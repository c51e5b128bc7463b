"""Artifacts on both stores: whole or not there, each tenant's apart, within the quota, until they expire."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.model.artifact import StoredArtifact
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactExpired, ArtifactNotFound, ArtifactsUnavailable, ArtifactTooLarge, QuotaExceeded
from gateway.model.principal import Principal
from gateway.records.artifacts.artifacts import GIVEN_UP, Artifacts
from gateway.records.artifacts.protocol import Objects

MEBI = 1 << 20
OWNER = Principal("shop", "agent", "anna")
OTHER = Principal("other", "agent", "anna")
BOUNDS = ArtifactBounds(bytes=32 * MEBI, call_bytes=64 * MEBI, seconds=3600, most=3, most_bytes=40 * MEBI)
START = 1_900_000_000.0

Made = Callable[[ArtifactBounds], Artifacts]


class Clock:
    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def artifacts(objects: Objects, clock: Clock) -> Artifacts:
    return Artifacts(objects, BOUNDS, clock)


async def put(artifacts: Artifacts, *pieces: bytes, owner: Principal = OWNER) -> StoredArtifact:
    writer = await artifacts.begin(owner, "text/plain", "a.txt")
    try:
        for piece in pieces:
            await writer.write(piece)
        return await writer.keep()
    finally:
        await writer.drop()


async def read(artifacts: Artifacts, stored: StoredArtifact, offset: int = 0) -> bytes:
    return b"".join([piece async for piece in artifacts.read(stored, offset)])


async def test_what_was_kept_is_found_and_read_from_any_place(artifacts: Artifacts) -> None:
    content = bytes(range(256)) * (4096 * 20)  # of several parts, on a store that has parts
    stored = await put(artifacts, content[: 9 * MEBI], content[9 * MEBI : 9 * MEBI + 5], content[9 * MEBI + 5 :])
    assert await artifacts.find("shop", stored.artifact.id) == stored
    assert (stored.artifact.size, stored.artifact.sha256) == (len(content), sha256(content).hexdigest())
    assert (stored.artifact.filename, stored.artifact.media_type, stored.artifact.expires) == (
        "a.txt",
        "text/plain",
        START + 3600,
    )
    assert await read(artifacts, stored) == content
    assert await read(artifacts, stored, 10 * MEBI + 7) == content[10 * MEBI + 7 :]


async def test_an_empty_artifact_is_one(artifacts: Artifacts) -> None:
    stored = await put(artifacts)
    assert (await artifacts.find("shop", stored.artifact.id)).artifact.size == 0
    assert await read(artifacts, stored) == b""


async def test_from_its_end_on_an_artifact_has_nothing(artifacts: Artifacts, objects: Objects) -> None:
    stored = await put(artifacts, b"content")
    assert await read(artifacts, stored, 7) == b""
    (data,) = [one.name for one in await objects.list() if one.name.endswith(".data")]
    for offset in (7, 8):
        assert [piece async for piece in objects.read(data, offset)] == []


async def test_what_is_being_written_is_not_there_and_dropped_leaves_nothing(artifacts: Artifacts, objects: Objects) -> None:
    writer = await artifacts.begin(OWNER, "text/plain")
    for _ in range(20):
        await writer.write(bytes(MEBI))
    with pytest.raises(ArtifactNotFound):
        await artifacts.find("shop", writer.begun.artifact.id)
    assert await artifacts.ids("shop") == []
    await writer.drop()
    assert await objects.list() == []
    await put(artifacts, bytes(32 * MEBI))  # nor any of its room


async def test_another_tenants_artifact_is_as_one_that_never_was(artifacts: Artifacts) -> None:
    stored = await put(artifacts, b"mine")
    for tenant, id in (("other", stored.artifact.id), ("shop", f"art_ffffffff{'0' * 24}"), ("shop", "art_../x"), ("shop", "")):
        with pytest.raises(ArtifactNotFound):
            await artifacts.find(tenant, id)
    assert await artifacts.ids("other") == []


async def test_an_artifact_expires_and_is_swept_by_the_clock(artifacts: Artifacts, clock: Clock, objects: Objects) -> None:
    stored = await put(artifacts, b"for a while")
    clock.now += 1800
    later = await put(artifacts, b"for longer")
    clock.now += 1800
    with pytest.raises(ArtifactExpired) as refusal:
        await artifacts.find("shop", stored.artifact.id)
    assert "CALLGATE_ARTIFACTS_HOURS" in refusal.value.cure
    await artifacts.sweep()
    assert [one.name.rpartition("/")[2] for one in await objects.list()] == [
        f"{later.artifact.id}{end}" for end in (".data", ".json")
    ]
    with pytest.raises(ArtifactExpired):
        await artifacts.find("shop", stored.artifact.id)
    assert await artifacts.ids("shop") == [later.artifact.id]


async def test_a_deleted_artifact_is_gone(artifacts: Artifacts, objects: Objects) -> None:
    stored = await put(artifacts, b"short lived")
    await artifacts.delete(stored)
    await artifacts.delete(stored)
    with pytest.raises(ArtifactNotFound):
        await artifacts.find("shop", stored.artifact.id)
    assert await objects.list() == []


async def test_one_artifact_has_a_bound(artifacts: Artifacts) -> None:
    writer = await artifacts.begin(OWNER, "text/plain")
    await writer.write(bytes(32 * MEBI))
    with pytest.raises(ArtifactTooLarge):
        await writer.write(b"x")
    await writer.drop()


async def test_a_tenants_quota_of_bytes_counts_what_is_under_way_and_is_its_own(artifacts: Artifacts) -> None:
    await put(artifacts, bytes(20 * MEBI))
    first, second = await artifacts.begin(OWNER, "a/b"), await artifacts.begin(OWNER, "a/b")
    await first.write(bytes(15 * MEBI))
    with pytest.raises(QuotaExceeded) as refusal:
        await second.write(bytes(6 * MEBI))
    assert "callgate artifact delete" in refusal.value.cure
    await second.drop()
    await put(artifacts, bytes(30 * MEBI), owner=OTHER)
    await first.keep()
    with pytest.raises(QuotaExceeded):
        await put(artifacts, bytes(6 * MEBI))


async def test_a_tenants_quota_of_artifacts_counts_writers(artifacts: Artifacts) -> None:
    await put(artifacts, b"1")
    await put(artifacts, b"2")
    writer = await artifacts.begin(OWNER, "a/b")
    with pytest.raises(QuotaExceeded):
        await artifacts.begin(OWNER, "a/b")
    await writer.drop()
    await put(artifacts, b"3")
    with pytest.raises(QuotaExceeded):
        await put(artifacts, b"4")


async def test_another_gateway_on_the_store_sees_what_is_there(objects: Objects, clock: Clock) -> None:
    stored = await put(Artifacts(objects, BOUNDS, clock), b"from one")
    another = Artifacts(objects, replace(BOUNDS, most=1), clock)
    assert await read(another, await another.find("shop", stored.artifact.id)) == b"from one"
    with pytest.raises(QuotaExceeded):
        await another.begin(OWNER, "a/b")


async def test_what_a_dead_gateway_was_writing_is_swept(objects: Objects, clock: Clock) -> None:
    writer = await objects.begin(f"{'0' * 32}/art_x.data")
    await writer.write(bytes(9 * MEBI))
    clock.now = 4_000_000_000.0 + GIVEN_UP
    await Artifacts(objects, BOUNDS, clock).sweep()
    with pytest.raises(ArtifactsUnavailable):
        await writer.commit()
    await writer.abort()
    assert await objects.list() == []


async def test_a_write_that_is_cancelled_is_ended_before_the_next(artifacts: Artifacts) -> None:
    writer = await artifacts.begin(OWNER, "a/b")
    await writer.write(b"first ")
    step = asyncio.create_task(writer.write(b"second "))
    await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    await writer.write(b"third")
    assert await read(artifacts, await writer.keep()) == b"first second third"


@pytest.mark.parametrize("turns", range(12))
async def test_what_is_cancelled_at_any_step_and_again_while_it_is_dropped_leaves_nothing(
    artifacts: Artifacts, objects: Objects, turns: int, tmp_path: Path
) -> None:
    async def upload() -> None:
        writer = await artifacts.begin(OWNER, "a/b")
        try:
            await writer.write(bytes(MEBI))
            await asyncio.Event().wait()
        finally:
            await writer.drop()

    task = asyncio.create_task(upload())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while others := asyncio.all_tasks() - {asyncio.current_task()}:  # what was begun comes to its end
            await asyncio.wait(others)
    assert await objects.list() == []
    assert list(tmp_path.rglob(".part-*")) == []
    await put(artifacts, bytes(32 * MEBI))  # its room was given back

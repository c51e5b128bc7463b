"""What an operator removes under a running pool is made again: by one, in the background, and not in haste."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, ImageUnusable
from sandbox.api.job import Egress
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.engine.runner_image import KeptImage, RunnerImage, place_texts, place_tools
from sandbox.hardening.etc_files import etc_directory, etc_files
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping import liveness
from sandbox.testing.fake_engine import FakeEngine

Until = Callable[..., Awaitable[None]]

IMAGE = "runner:1"
AUTHORS = BoxSpec("authors:1")
SETTINGS = PoolSettings(size=2, max_boxes=8, create_parallel=4, share=1.0)


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    fake = FakeEngine()
    yield fake
    await fake.close()


@pytest.fixture
async def pool(engine: FakeEngine, run_dir: Path, until: Until) -> AsyncIterator[DockerPool]:
    """Two boxes wait in it, of at most eight."""
    image = KeptImage(engine, RunnerImage(IMAGE, b""))
    async with DockerPool(engine, IMAGE, run_dir, "test", SETTINGS, restore_image=image.ensure) as started:
        await until(lambda: started.warm == 2)
        yield started


async def lease(pool: DockerPool, spec: BoxSpec = RUNNER, *, wait: float = 5) -> None:
    async with pool.lease(Egress(), wait=wait, spec=spec):
        pass


async def test_an_image_that_is_gone_is_built_by_one_while_the_others_wait(
    engine: FakeEngine, pool: DockerPool, until: Until
) -> None:
    engine.build_seconds = 0.2
    engine.absent.add(IMAGE)
    async with AsyncExitStack() as held:
        leases = [pool.lease(Egress(), wait=5) for _ in range(6)]
        await asyncio.gather(*(held.enter_async_context(one) for one in leases))
        assert pool.trouble is None
    assert engine.steps.count("build") == 1
    await until(lambda: pool.warm == 2)


@pytest.mark.slow
async def test_an_image_that_cannot_be_built_is_tried_seldom_and_told_until_it_can(
    engine: FakeEngine, pool: DockerPool, until: Until
) -> None:
    engine.absent.add(IMAGE)
    engine.refusals["build"] = EngineTrouble.DISK_FULL
    async with pool.lease(Egress(), wait=0), pool.lease(Egress(), wait=0):
        await until(lambda: pool.trouble)
        with pytest.raises(EngineUnavailable) as refusal:
            await lease(pool)
        assert refusal.value.trouble is EngineTrouble.DISK_FULL
        assert pool.trouble is not None
        assert pool.trouble.cure == EngineTrouble.DISK_FULL.cure
        began = engine.steps.count("build")
        clock = asyncio.get_running_loop().time
        since = clock()
        await until(lambda: engine.steps.count("build") >= began + 3)
        assert clock() - since > 0.7, "each pause is longer than the last"
    engine.refusals.clear()
    await until(lambda: pool.warm == 2)
    assert pool.trouble is None


async def test_boxes_that_wait_serve_calls_whatever_is_in_trouble(engine: FakeEngine, pool: DockerPool, until: Until) -> None:
    engine.refusals["create"] = EngineTrouble.OUT_OF_MEMORY
    async with pool.lease(Egress(), wait=0):
        await until(lambda: "create" in engine.steps[-3:])
        assert pool.trouble is None
    await lease(pool, wait=0)
    await until(lambda: pool.trouble)


async def test_a_box_that_was_removed_while_it_was_made_costs_a_moment_and_no_call(
    engine: FakeEngine, pool: DockerPool
) -> None:
    async with pool.lease(Egress(), wait=0), pool.lease(Egress(), wait=0):
        engine.refusals["start"] = EngineTrouble.BOX_LOST
        waiting = asyncio.create_task(lease(pool))
        async with asyncio.timeout(5):
            while "start" not in engine.steps[-4:]:
                await asyncio.sleep(0.001)
        engine.refusals.clear()
        await waiting


async def test_boxes_that_are_removed_again_and_again_are_told_of(engine: FakeEngine, pool: DockerPool) -> None:
    engine.refusals["start"] = EngineTrouble.BOX_LOST
    async with pool.lease(Egress(), wait=0), pool.lease(Egress(), wait=0):
        with pytest.raises(EngineUnavailable) as refusal:
            await lease(pool)
    assert refusal.value.trouble is EngineTrouble.BOX_LOST


@pytest.mark.parametrize("trouble", [trouble for trouble in EngineTrouble if trouble.of_host and not trouble.may_pass])
async def test_what_the_host_lacks_is_no_fault_of_a_tools_author(
    engine: FakeEngine, pool: DockerPool, trouble: EngineTrouble
) -> None:
    engine.refusals["create"] = trouble
    with pytest.raises(EngineUnavailable) as refusal:
        await lease(pool, AUTHORS)
    assert refusal.value.trouble is trouble


async def test_what_only_the_image_can_bring_about_is_the_authors(engine: FakeEngine, pool: DockerPool) -> None:
    engine.refusals["create"] = EngineTrouble.REFUSED
    with pytest.raises(ImageUnusable):
        await lease(pool, AUTHORS)


def users_of(place: Path) -> str:
    """What the gateway's lock file says of its users; nothing while it has none."""
    lock = place / "lock"
    return lock.read_text() if lock.exists() else ""


async def test_a_place_that_was_removed_is_made_again_and_stays_the_gateways(
    pool: DockerPool, run_dir: Path, until: Until
) -> None:
    users = users_of(run_dir / "test")
    shutil.rmtree(run_dir / "test")
    await lease(pool)
    assert users_of(run_dir / "test") == users
    assert liveness.hold(run_dir / "test") is None, "this gateway has it"
    await until(lambda: pool.warm == 2)


@pytest.mark.slow
async def test_an_idle_pool_makes_its_place_again_before_others_miss_it(pool: DockerPool, run_dir: Path, until: Until) -> None:
    shutil.rmtree(run_dir / "test")
    await until(lambda: users_of(run_dir / "test"), 3)
    await until(lambda: pool.warm == 2)
    assert {path.name for path in (run_dir / "test").glob("cg-*/*.sock")} == {"io.sock", "egress.sock"}


@pytest.mark.slow
async def test_a_gateway_whose_users_were_taken_meanwhile_takes_others(pool: DockerPool, run_dir: Path, until: Until) -> None:
    shutil.rmtree(run_dir / "test")
    other = await liveness.take_place(run_dir / "other")
    taken = liveness.reserve_users(other, 100_000, SETTINGS.max_boxes)
    await until(lambda: users_of(run_dir / "test"), 3)
    begin = int(users_of(run_dir / "test").split()[0])
    other.release()
    shutil.rmtree(run_dir / "other")
    assert abs(begin - taken) >= SETTINGS.max_boxes


async def test_a_lock_file_that_was_removed_is_taken_again(pool: DockerPool, run_dir: Path) -> None:
    (run_dir / "test" / "lock").unlink()
    await pool.sweep()
    assert liveness.hold(run_dir / "test") is None


async def test_a_box_whose_way_out_was_removed_is_not_leased(engine: FakeEngine, pool: DockerPool, run_dir: Path) -> None:
    for path in list((run_dir / "test").glob("cg-*/egress.sock")):
        path.unlink()
    async with pool.lease(Egress(), wait=5) as box:
        assert box.fit


@pytest.mark.slow
async def test_a_run_directory_that_cannot_be_made_again_is_told_with_its_cure(
    pool: DockerPool, run_dir: Path, until: Until
) -> None:
    shutil.rmtree(run_dir)
    run_dir.write_text("a file in its place")
    try:
        await until(lambda: pool.trouble, 5)
        assert isinstance(pool.trouble, EngineUnavailable)
        assert pool.trouble.trouble is EngineTrouble.PLACE_LOST
    finally:
        run_dir.unlink()
        run_dir.mkdir()
    await until(lambda: pool.warm == 2)


def test_a_part_of_the_tools_that_was_removed_is_put_back_whole(tmp_path: Path) -> None:
    runner, authorities = tmp_path / "runner", tmp_path / "bundle"
    runner.write_bytes(b"program")
    authorities.write_bytes(b"authorities")
    tools = tmp_path / "place" / "tools"
    tools.parent.mkdir()
    place_tools(tools, authorities, runner)
    kept = os.stat(tools / "ca-certificates.crt").st_ino
    (tools / "callgate-runner").unlink()
    place_tools(tools, authorities, runner)
    assert (tools / "callgate-runner").read_bytes() == b"program"
    assert (tools / "callgate-runner").stat().st_mode & 0o777 == 0o555
    assert os.stat(tools / "ca-certificates.crt").st_ino == kept, "what is there stays"
    assert [path.name for path in tools.parent.iterdir()] == ["tools"], "no draft is left"


def test_a_text_that_is_mounted_into_boxes_is_put_back_and_is_none_of_the_tools(tmp_path: Path) -> None:
    etc = etc_directory(tmp_path / "place" / "tools")
    etc.parent.mkdir()
    place_texts(etc, etc_files(100_007))
    (etc / "hosts").unlink()
    place_texts(etc, etc_files(100_008))
    assert (etc / "hosts").read_text() == "127.0.0.1 localhost box\n"
    assert "box:x:100007:100007::/tmp:" in (etc / "passwd-100007").read_text()
    assert [path.name for path in etc.parent.iterdir()] == ["tools-etc"]


def test_the_operators_own_authorities_stand_behind_the_bundle_and_follow_what_is_said_of_them(tmp_path: Path) -> None:
    runner, authorities = tmp_path / "runner", tmp_path / "bundle"
    runner.write_bytes(b"program")
    authorities.write_bytes(b"the system's")
    tools = tmp_path / "place" / "tools"
    tools.parent.mkdir()
    for beside in ("first", "first and second", "", "last"):
        place_tools(tools, authorities, runner, beside=beside)
        there = (tools / "ca-certificates.crt").read_text()
        assert there.startswith("the system's\n")
        assert there.endswith(f"own:\n{beside}")
        assert there.count("own:") == 1
    authorities.unlink()
    place_tools(tools, authorities, runner, beside="another")
    assert (tools / "ca-certificates.crt").read_text().startswith("the system's\n"), "what is there needs no bundle"

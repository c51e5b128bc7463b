"""The pool's life on a real engine: boxes wait, are used once, and leave nothing."""

import asyncio
import io
import tarfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sandbox.api.errors import BoxElsewhere, EngineUnavailable, PoolClosed, PoolExhausted, SandboxError
from sandbox.api.job import Egress, Job
from sandbox.api.pool_stats import Miss
from sandbox.api.result import Evidence, Fault, Faulted, Responded
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.seccomp import Guest, seccomp
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import Absent, BoxPlace, MemoryBoxRegistry


async def granted() -> float | None:
    return 5.0


def echo(upstream, path: str = "echo") -> Job:
    return Job("GET", f"{upstream.url}/{path}", (), None, timeout=20.0, response_bytes=1000)


def test_a_live_box_is_confined_as_the_profile_says(with_pool, dockerd, boxes, run_dir, box_image):
    async def scenario(pool):
        [name] = boxes()
        return name, dockerd.inspect_container(name)

    name, found = with_pool(scenario)
    host, config = found["HostConfig"], found["Config"]
    assert {key: host[key] for key in GOLDEN_HOST} == GOLDEN_HOST
    assert {key: config[key] for key in GOLDEN_CONFIG} == GOLDEN_CONFIG
    assert config["Labels"] == {"callgate.gateway": "test", "callgate.box": name, "callgate.run_dir": str(run_dir)}
    assert config["Image"] == box_image
    [mount] = found["Mounts"]
    assert (mount["Source"], mount["Destination"], mount["RW"]) == (f"{run_dir}/test/{name}", "/gate", False)
    assert found["NetworkSettings"]["Networks"] == {}


LONGEST = bytes(range(256)) * 2**16

GOLDEN_HOST = {
    "NetworkMode": "none",
    "ReadonlyRootfs": True,
    "CapDrop": ["ALL"],
    "CapAdd": None,
    "SecurityOpt": ["no-new-privileges:true", f"seccomp={seccomp(Guest.RUNNER)}"],
    "Memory": 64 * 2**20,
    "MemorySwap": 64 * 2**20,
    "PidsLimit": 32,
    "NanoCpus": 1_000_000_000,
    "Ulimits": [
        {"Name": "nofile", "Hard": 64, "Soft": 64},
        {"Name": "core", "Hard": 0, "Soft": 0},
        {"Name": "fsize", "Hard": 0, "Soft": 0},
    ],
    "IpcMode": "none",
    "PidMode": "",
    "UTSMode": "",
    "UsernsMode": "",
    "LogConfig": {"Type": "none", "Config": {}},
    "OomScoreAdj": 1000,
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "Privileged": False,
    "Devices": [],
    "Binds": None,
    "VolumesFrom": None,
    "PortBindings": None,
}
GOLDEN_CONFIG = {
    "User": "100000:100000",
    "Hostname": "box",
    "NetworkDisabled": True,
    "Entrypoint": ["/callgate-runner"],
    "Cmd": None,
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    "WorkingDir": "/",
    "Volumes": None,
}


def test_a_live_box_has_neither_interface_nor_capability(with_pool, dockerd, boxes):
    """Seen from outside, in the kernel's own words."""

    async def scenario(pool):
        process = dockerd.inspect_container(boxes()[0])["State"]["Pid"]
        return [await asyncio.to_thread(Path(f"/proc/{process}/{file}").read_text) for file in ("status", "net/dev")]

    status_text, devices = with_pool(scenario)
    status = dict(line.split(":\t", 1) for line in status_text.splitlines())
    assert [line.split(":")[0].strip() for line in devices.splitlines() if ":" in line] == ["lo"]
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert status["Uid"].split() == ["100000"] * 4
    assert int(status["VmRSS"].split()[0]) < 10_000  # kB


def test_a_box_is_gone_after_its_lease_and_another_waits(with_pool, boxes, run_dir, upstream, until):
    async def scenario(pool):
        before = boxes()
        async with pool.lease(upstream.egress, wait=0) as box:
            assert [box.name] == before
            assert isinstance(await box.run(echo(upstream), granted), Responded)
        async with asyncio.timeout(5):
            await pool.wait_removed(box.name)
        assert box.name not in boxes()
        assert not (run_dir / "test" / box.name).exists()
        await until(lambda: pool.warm == 1)
        assert boxes() != before

    with_pool(scenario)


def test_a_box_that_has_answered_gets_time_to_end_by_itself_before_it_is_removed(
    box_image, run_dir, upstream, until, monkeypatch
):
    async def scenario():
        moments, clock, engine = {}, asyncio.get_running_loop().time, DockerEngine()
        remove = engine.remove

        async def noted_remove(name):
            moments.setdefault(name, clock())
            await remove(name)

        monkeypatch.setattr(engine, "remove", noted_remove)
        async with DockerPool(engine, box_image, run_dir, "test", PoolSettings(1)) as pool:
            await until(lambda: pool.warm == 1)
            async with pool.lease(upstream.egress, wait=0) as box:
                close = box.close
                monkeypatch.setattr(box, "close", lambda: (moments.setdefault("closed", clock()), close()))
                assert isinstance(await box.run(echo(upstream), granted), Responded)
            await pool.wait_removed(box.name)
        await engine.close()
        assert moments[box.name] - moments["closed"] >= 0.04

    asyncio.run(scenario())


def test_a_lease_ends_the_box_even_if_no_job_was_run(with_pool, boxes):
    async def scenario(pool):
        async with pool.lease(Egress(), wait=0) as box:
            pass
        await pool.wait_removed(box.name)
        assert box.name not in boxes()
        with pytest.raises(RuntimeError):
            await box.run(Job("GET", "http://x/", (), None, 1.0, 1), granted)

    with_pool(scenario)


def test_a_box_that_is_killed_in_its_job_leaves_the_effect_open(with_pool, dockerd, upstream, until):
    async def scenario(pool):
        async with pool.lease(upstream.egress, wait=0) as box:
            running = asyncio.create_task(box.run(echo(upstream, "slow"), granted))
            await until(lambda: upstream.requests)
            await asyncio.to_thread(dockerd.kill, box.name)
            return await running

    result = with_pool(scenario)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (Fault.BOX_DIED, Evidence.SENT)


def test_a_box_that_is_killed_before_the_permission_has_sent_nothing(with_pool, dockerd, upstream, until):
    async def scenario(pool):
        async with pool.lease(upstream.egress, wait=0) as box:

            async def permit() -> float | None:
                await asyncio.to_thread(dockerd.kill, box.name)
                await until(lambda: box.ended)
                return 5.0

            return await box.run(echo(upstream), permit)

    result = with_pool(scenario)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (Fault.BOX_DIED, Evidence.NOT_SENT)
    assert upstream.requests == []


def test_a_waiting_box_that_is_killed_is_replaced(with_pool, dockerd, boxes, until):
    async def scenario(pool):
        [name] = boxes()
        dockerd.kill(name)
        await until(lambda: pool.warm == 1 and boxes() and name not in boxes())

    with_pool(scenario)


def test_cancelling_a_job_kills_its_box(with_pool, boxes, upstream, until):
    async def scenario(pool):
        async def call() -> None:
            async with pool.lease(upstream.egress, wait=0) as box:
                await box.run(echo(upstream, "slow"), granted)

        [name] = boxes()
        running = asyncio.create_task(call())
        await until(lambda: upstream.requests)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with asyncio.timeout(2):
            await pool.wait_removed(name)
        assert name not in boxes()

    with_pool(scenario)


def test_a_burst_beyond_the_warm_boxes_is_served_by_new_ones(with_pool, upstream):
    async def scenario(pool):
        async def call():
            async with pool.lease(upstream.egress, wait=20) as box:
                return box.name, box.uid, await box.run(echo(upstream), granted)

        return await asyncio.gather(*(call() for _ in range(6)))

    answers = with_pool(scenario, max_boxes=3)
    assert all(isinstance(result, Responded) for _, _, result in answers)
    assert len({name for name, _, _ in answers}) == 6
    assert {uid for _, uid, _ in answers} <= {100_000, 100_001, 100_002}


def test_whoever_gives_up_waiting_loses_no_box(with_pool):
    async def scenario(pool):
        async with pool.lease(Egress(), wait=0):
            for _ in range(5):
                with pytest.raises(PoolExhausted):
                    async with pool.lease(Egress(), wait=0.01):
                        pass
            async with pool.lease(Egress(), wait=10):
                pass

    with_pool(scenario, max_boxes=2)


def test_closing_while_boxes_are_leased_and_made_leaves_nothing(with_pool):
    async def scenario(pool):
        async with pool.lease(Egress(), wait=0):
            waiting = asyncio.create_task(enter(pool))
            await asyncio.sleep(0)  # it waits now
            await pool.close()
            with pytest.raises(PoolClosed):
                await waiting
        with pytest.raises(PoolClosed):
            await enter(pool)

    async def enter(pool):
        async with pool.lease(Egress(), wait=5):
            pass

    with_pool(scenario, max_boxes=1)


def test_two_gateways_cannot_have_one_id(with_pool, box_image, run_dir):
    async def scenario(pool):
        engine = DockerEngine()
        with pytest.raises(SandboxError, match="another id"):
            await DockerPool(engine, box_image, run_dir, "test", PoolSettings()).start()
        await engine.close()

    with_pool(scenario)


@pytest.mark.parametrize(("run_dir_name", "gateway_id"), [("x" * 80, "g"), ("short", "Not/An-Id")])
def test_a_directory_or_id_that_cannot_work_is_refused_at_the_start(run_dir, run_dir_name, gateway_id):
    async def scenario():
        engine = DockerEngine()
        with pytest.raises(SandboxError):
            await DockerPool(engine, "none", run_dir / run_dir_name, gateway_id, PoolSettings()).start()
        await engine.close()

    asyncio.run(scenario())


def test_a_missing_image_is_no_reason_to_wait(box_image, run_dir):
    async def scenario():
        engine = DockerEngine()
        async with DockerPool(engine, "callgate-runner:absent", run_dir, "test", PoolSettings(size=1)) as pool:
            with pytest.raises(EngineUnavailable, match="callgate-runner:absent"):
                async with pool.lease(Egress(), wait=10):
                    pass
        await engine.close()

    asyncio.run(scenario())


def test_a_box_that_is_not_this_pools_is_removed_when_the_engine_has_it_no_more(with_pool):
    async def scenario(pool):
        async with asyncio.timeout(2):
            await pool.wait_removed("cg-000000000000")

    with_pool(scenario)


def test_the_longest_body_passes_a_box_both_ways(with_pool, upstream):
    async def scenario(pool):
        async with pool.lease(upstream.egress, wait=0) as box:
            return await box.run(Job("POST", f"{upstream.url}/echo", (), LONGEST, 20.0, len(LONGEST)), granted)

    result = with_pool(scenario)
    assert isinstance(result, Responded), result
    assert result.body == LONGEST


@pytest.fixture
def authors_image(dockerd):
    """An image of a tool author's: a file, a variable, an entry point and a user of its own, and no runner."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("a-file"), io.BytesIO())
    changes = [
        "ENV COLOUR=blue",
        'ENTRYPOINT ["/no-such-program"]',
        'CMD ["word"]',
        "USER nobody",
        "HEALTHCHECK CMD /no-such-program",
    ]
    name = "callgate-test-authors:1"
    dockerd.import_image_from_data(archive.getvalue(), repository="callgate-test-authors", tag="1", changes=changes)
    yield name
    dockerd.remove_image(name, force=True)


def test_a_box_of_an_authors_image_runs_the_mounted_runner(with_pool, dockerd, authors_image, upstream):
    spec = BoxSpec(authors_image, limits=BoxLimits(memory=100 * 2**20))

    async def scenario(pool):
        async with pool.lease(upstream.egress, wait=10, tenant="acme", spec=spec) as box:
            found = await asyncio.to_thread(dockerd.inspect_container, box.name)
            return found, await box.run(echo(upstream), granted)

    found, result = with_pool(scenario)
    assert isinstance(result, Responded), result
    config = found["Config"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/callgate/callgate-runner"], [])
    assert config["User"] == f"{config['User'].split(':')[0]}:{config['User'].split(':')[0]}" != "nobody"
    assert found["HostConfig"]["Memory"] == 100 * 2**20
    assert "Health" not in found["State"]
    assert {mount["Destination"]: mount["RW"] for mount in found["Mounts"]} == {"/gate": False, "/callgate": False}


def test_two_gateways_on_one_host_have_boxes_of_different_users(with_pool, box_image, run_dir, until):
    async def scenario(pool):
        engine = DockerEngine()
        async with DockerPool(engine, box_image, run_dir, "other", PoolSettings(size=1)) as other:
            await until(lambda: other.warm == 1)
            async with pool.lease(Egress(), wait=5) as one, other.lease(Egress(), wait=5) as two:
                users = one.uid, two.uid
        await engine.close()
        return users

    one, two = with_pool(scenario, max_boxes=8)
    assert one in range(100_000, 100_008)
    assert two in range(100_032, 100_064)  # of its own size, and not across the other's


def test_boxes_of_an_authors_image_wait_once_one_was_asked_for(with_pool, authors_image, until):
    spec = BoxSpec(authors_image)

    async def scenario(pool):
        for expected in (Miss.NOT_KEPT, None):
            misses = pool.stats.misses.total()
            async with pool.lease(Egress(), wait=10, spec=spec):
                pass
            assert pool.stats.misses.total() - misses == (expected is not None)
            await until(lambda: pool.warm == 2)
        return pool.stats

    stats = with_pool(scenario, size=1)
    assert stats.misses == {Miss.NOT_KEPT: 1}
    assert stats.hits == 1
    assert stats.queueing.count == 1
    assert stats.making_time.count >= 3


def test_a_box_that_waited_too_long_is_replaced(with_pool, boxes, until):
    async def scenario(pool):
        before = boxes()
        await until(lambda: boxes() and before != boxes() and pool.warm == 1, 15)
        return pool.stats.replaced

    assert with_pool(scenario, oldest=1.0) >= 1


def test_who_cannot_be_served_in_time_is_told_at_once(with_pool):
    async def scenario(pool):
        async def call(wait: float) -> PoolExhausted | None:
            try:
                async with pool.lease(Egress(), wait=wait):
                    return None
            except PoolExhausted as refusal:
                return refusal

        waiting = [asyncio.create_task(call(30)) for _ in range(6)]
        await asyncio.sleep(0)  # they wait now
        begin = asyncio.get_running_loop().time()
        refusal = await call(0.05)
        took = asyncio.get_running_loop().time() - begin
        assert await asyncio.gather(*waiting) == [None] * 6
        return refusal, took, pool.stats.refused_early

    refusal, took, refused = with_pool(scenario, create_parallel=2)
    assert refusal.retry_after > 0.05
    assert took < 0.05
    assert refused == 1


def test_a_tenant_cannot_hold_every_box(with_pool):
    async def scenario(pool):
        async with AsyncExitStack() as held:
            for _ in range(2):
                await held.enter_async_context(pool.lease(Egress(), wait=10, tenant="greedy"))
            with pytest.raises(PoolExhausted):
                await held.enter_async_context(pool.lease(Egress(), wait=0.3, tenant="greedy"))
            await held.enter_async_context(pool.lease(Egress(), wait=10, tenant="modest"))
        async with pool.lease(Egress(), wait=10, tenant="greedy"):
            pass

    with_pool(scenario, max_boxes=4, share=0.5)


def test_a_box_that_the_engine_made_after_it_was_given_up_is_swept_and_those_that_wait_are_not(
    with_pool, dockerd, box_image, boxes, run_dir
):
    async def scenario(pool):
        before = boxes()
        labels = {"callgate.gateway": "test", "callgate.box": "cg-late", "callgate.run_dir": str(run_dir)}
        dockerd.create_container(box_image, name="cg-stray-in-test", labels=labels)
        await pool.sweep()
        assert boxes() == before
        assert pool.warm == 1

    with_pool(scenario)


def test_a_box_of_another_host_is_not_taken_for_gone(with_pool, box_image, run_dir):
    async def scenario(_):
        engine, register = DockerEngine(), MemoryBoxRegistry()
        await register.enter("cg-elsewhere", BoxPlace("another-engine", "/run/callgate", "gw-1"))
        async with DockerPool(engine, box_image, run_dir, "other", PoolSettings(size=1), registry=register) as pool:
            with pytest.raises(BoxElsewhere):
                await pool.wait_removed("cg-elsewhere")
            await register.mark_removed("cg-elsewhere")
            await pool.wait_removed("cg-elsewhere")
        await engine.close()

    with_pool(scenario)


def test_every_box_is_in_the_register_while_it_exists_and_buried_afterwards(box_image, run_dir, until, boxes):
    async def scenario():
        engine, register = DockerEngine(), MemoryBoxRegistry()
        async with DockerPool(engine, box_image, run_dir, "test", PoolSettings(size=2), registry=register) as pool:
            await until(lambda: pool.warm == 2)
            names = boxes()
            assert await register.at(await engine.id(), str(run_dir)) == dict.fromkeys(names, "test")
        assert [await register.find(name) for name in names] == [Absent.GONE, Absent.GONE]
        await engine.close()

    asyncio.run(scenario())


def test_a_box_of_a_frozen_gateway_is_ended_by_whoever_needs_its_end(with_pool, box_image, run_dir, boxes, until):
    async def scenario(pool):
        engine = DockerEngine()
        async with DockerPool(engine, box_image, run_dir, "frozen", PoolSettings(size=1)) as frozen:
            await until(lambda: frozen.warm == 1)
            async with frozen.lease(Egress(), wait=0) as box:
                await pool.wait_removed(box.name)
                assert box.name not in boxes()
        await engine.close()

    with_pool(scenario)

"""The pool's life on a real engine: boxes wait, are used once, and leave nothing."""

import asyncio
import io
import tarfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from sandbox.api.errors import BoxElsewhere, EngineUnavailable, PoolClosed, PoolExhausted, SandboxError
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job
from sandbox.api.pool_stats import Miss
from sandbox.api.result import Evidence, Faulted, Responded, Result
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.seccomp import Guest, seccomp
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import Absent, BoxPlace, MemoryBoxRegistry
from tests.conftest import Until, Upstream
from tests.sandbox.conftest import ONE_WARM, Boxes, OpenPool
from tests.sandbox.permits import granted


def echo(upstream: Upstream, path: str = "echo") -> Job:
    return Job("GET", f"{upstream.url}/{path}", (), None, timeout=20.0, response_bytes=1000)


async def test_a_live_box_is_confined_as_the_profile_says(
    pool: DockerPool, dockerd: docker.APIClient, boxes: Boxes, run_dir: Path, box_image: str
) -> None:
    [name] = boxes()
    found = dockerd.inspect_container(name)
    host, config = found["HostConfig"], found["Config"]
    assert {key: host[key] for key in GOLDEN_HOST} == GOLDEN_HOST
    assert {key: config[key] for key in GOLDEN_CONFIG} == GOLDEN_CONFIG
    own = {"callgate.gateway": "test", "callgate.box": name, "callgate.run_dir": str(run_dir)}
    assert config["Labels"] == {**own, "callgate.host": dockerd.info()["ID"]}
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


async def test_a_live_box_has_neither_interface_nor_capability(
    pool: DockerPool, dockerd: docker.APIClient, boxes: Boxes
) -> None:
    """Seen from outside, in the kernel's own words."""
    process = Path("/proc") / str(dockerd.inspect_container(boxes()[0])["State"]["Pid"])
    status_text, devices = (process / "status").read_text(), (process / "net/dev").read_text()
    status = dict(line.split(":\t", 1) for line in status_text.splitlines())
    assert [line.split(":")[0].strip() for line in devices.splitlines() if ":" in line] == ["lo"]
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert status["Uid"].split() == ["100000"] * 4
    assert int(status["VmRSS"].split()[0]) < 10_000  # kB


async def test_a_box_is_gone_after_its_lease_and_another_waits(
    pool: DockerPool, boxes: Boxes, run_dir: Path, upstream: Upstream, until: Until
) -> None:
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


async def test_a_box_that_has_answered_gets_time_to_end_by_itself_before_it_is_removed(
    pool: DockerPool, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: dict[str, float] = {}
    clock, remove = asyncio.get_running_loop().time, DockerEngine.remove

    async def noted_remove(engine: DockerEngine, name: str) -> None:
        moments.setdefault(name, clock())
        await remove(engine, name)

    monkeypatch.setattr(DockerEngine, "remove", noted_remove)
    async with pool.lease(upstream.egress, wait=0) as box:
        close = box.close

        def noted_close() -> None:
            moments.setdefault("closed", clock())
            close()

        monkeypatch.setattr(box, "close", noted_close)
        assert isinstance(await box.run(echo(upstream), granted), Responded)
    await pool.wait_removed(box.name)
    assert moments[box.name] - moments["closed"] >= 0.04


async def test_a_lease_ends_the_box_even_if_no_job_was_run(pool: DockerPool, boxes: Boxes) -> None:
    async with pool.lease(Egress(), wait=0) as box:
        pass
    await pool.wait_removed(box.name)
    assert box.name not in boxes()
    with pytest.raises(RuntimeError):
        await box.run(Job("GET", "http://x/", (), None, 1.0, 1), granted)


async def test_a_box_that_is_killed_in_its_job_leaves_the_effect_open(
    pool: DockerPool, dockerd: docker.APIClient, upstream: Upstream, until: Until
) -> None:
    async with pool.lease(upstream.egress, wait=0) as box:
        running = asyncio.create_task(box.run(echo(upstream, "slow"), granted))
        await until(lambda: upstream.requests)
        await asyncio.to_thread(dockerd.kill, box.name)
        result = await running
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


async def test_a_box_that_is_killed_before_the_permission_has_sent_nothing(
    pool: DockerPool, dockerd: docker.APIClient, upstream: Upstream, until: Until
) -> None:
    async with pool.lease(upstream.egress, wait=0) as box:

        async def permit() -> float | None:
            await asyncio.to_thread(dockerd.kill, box.name)
            await until(lambda: box.ended)
            return 5.0

        result = await box.run(echo(upstream), permit)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.NOT_SENT)
    assert upstream.requests == []


async def test_a_waiting_box_that_is_killed_is_replaced(
    pool: DockerPool, dockerd: docker.APIClient, boxes: Boxes, until: Until
) -> None:
    [name] = boxes()
    dockerd.kill(name)
    await until(lambda: pool.warm == 1 and boxes() and name not in boxes())


async def test_cancelling_a_job_kills_its_box(pool: DockerPool, boxes: Boxes, upstream: Upstream, until: Until) -> None:
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


@pytest.mark.slow
async def test_a_burst_beyond_the_warm_boxes_is_served_by_new_ones(open_pool: OpenPool, upstream: Upstream) -> None:
    async with open_pool(PoolSettings(size=1, max_boxes=3)) as pool:

        async def call() -> tuple[str, int, Result]:
            async with pool.lease(upstream.egress, wait=20) as box:
                return box.name, box.uid, await box.run(echo(upstream), granted)

        answers = await asyncio.gather(*(call() for _ in range(6)))
    assert all(isinstance(result, Responded) for _, _, result in answers)
    assert len({name for name, _, _ in answers}) == 6
    assert {uid for _, uid, _ in answers} <= {100_000, 100_001, 100_002}


async def test_a_caller_that_gives_up_waiting_loses_no_box(open_pool: OpenPool) -> None:
    async with open_pool(PoolSettings(size=1, max_boxes=2)) as pool, pool.lease(Egress(), wait=0):
        for _ in range(5):
            with pytest.raises(PoolExhausted):
                async with pool.lease(Egress(), wait=0.01):
                    pass
        async with pool.lease(Egress(), wait=10):
            pass


async def test_closing_while_boxes_are_leased_and_made_leaves_nothing(open_pool: OpenPool) -> None:
    async with open_pool(PoolSettings(size=1, max_boxes=1)) as pool:
        async with pool.lease(Egress(), wait=0):
            waiting = asyncio.create_task(enter(pool))
            await asyncio.sleep(0)  # it waits now
            await pool.close()
            with pytest.raises(PoolClosed):
                await waiting
        with pytest.raises(PoolClosed):
            await enter(pool)


async def enter(pool: DockerPool) -> None:
    async with pool.lease(Egress(), wait=5):
        pass


@pytest.mark.slow
async def test_two_gateways_cannot_have_one_id(pool: DockerPool, engine: DockerEngine, box_image: str, run_dir: Path) -> None:
    with pytest.raises(SandboxError, match="another id"):
        await DockerPool(engine, box_image, run_dir, "test", PoolSettings()).start()


@pytest.mark.parametrize(("run_dir_name", "gateway_id"), [("x" * 80, "g"), ("short", "Not/An-Id")])
async def test_a_directory_or_id_that_cannot_work_is_refused_at_the_start(
    run_dir: Path, run_dir_name: str, gateway_id: str
) -> None:
    engine = DockerEngine()
    with pytest.raises(SandboxError):
        await DockerPool(engine, "none", run_dir / run_dir_name, gateway_id, PoolSettings()).start()
    await engine.close()


async def test_a_missing_image_is_no_reason_to_wait(engine: DockerEngine, run_dir: Path) -> None:
    async with DockerPool(engine, "callgate-runner:absent", run_dir, "test", PoolSettings(size=1)) as pool:
        with pytest.raises(EngineUnavailable, match="callgate-runner:absent"):
            async with pool.lease(Egress(), wait=10):
                pass


async def test_a_box_that_is_not_this_pools_is_removed_when_the_engine_has_it_no_more(pool: DockerPool) -> None:
    async with asyncio.timeout(2):
        await pool.wait_removed("cg-000000000000")


async def test_the_longest_body_passes_a_box_both_ways(pool: DockerPool, upstream: Upstream) -> None:
    async with pool.lease(upstream.egress, wait=0) as box:
        result = await box.run(Job("POST", f"{upstream.url}/echo", (), LONGEST, 20.0, len(LONGEST)), granted)
    assert isinstance(result, Responded), result
    assert result.body == LONGEST


@pytest.fixture
def authors_image(dockerd: docker.APIClient) -> Iterator[str]:
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


async def test_a_box_of_an_authors_image_runs_the_mounted_runner(
    pool: DockerPool, dockerd: docker.APIClient, authors_image: str, upstream: Upstream
) -> None:
    spec = BoxSpec(authors_image, limits=BoxLimits(memory=100 * 2**20))
    async with pool.lease(upstream.egress, wait=10, tenant="acme", spec=spec) as box:
        found = await asyncio.to_thread(dockerd.inspect_container, box.name)
        result = await box.run(echo(upstream), granted)
    assert isinstance(result, Responded), result
    config = found["Config"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/callgate/callgate-runner"], [])
    assert config["User"] == f"{config['User'].split(':')[0]}:{config['User'].split(':')[0]}" != "nobody"
    assert found["HostConfig"]["Memory"] == 100 * 2**20
    assert "Health" not in found["State"]
    mounted = ("/gate", "/callgate", "/etc/group", "/etc/hosts", "/etc/passwd")
    assert {mount["Destination"]: mount["RW"] for mount in found["Mounts"]} == dict.fromkeys(mounted, False)


async def test_two_gateways_on_one_host_have_boxes_of_different_users(open_pool: OpenPool) -> None:
    async with (
        open_pool(PoolSettings(size=1, max_boxes=8)) as pool,
        open_pool(PoolSettings(size=1, max_boxes=32), gateway="other") as other,
        pool.lease(Egress(), wait=5) as one,
        other.lease(Egress(), wait=5) as two,
    ):
        assert one.uid in range(100_000, 100_008)
        assert two.uid in range(100_008, 100_040)  # right after the other's, and not across them


async def test_boxes_of_an_authors_image_wait_once_one_was_asked_for(
    pool: DockerPool, authors_image: str, until: Until
) -> None:
    spec = BoxSpec(authors_image)
    for expected in (Miss.NOT_KEPT, None):
        misses = pool.stats.misses.total()
        async with pool.lease(Egress(), wait=10, spec=spec):
            pass
        assert pool.stats.misses.total() - misses == (expected is not None)
        await until(lambda: pool.warm == 2)
    figures = pool.stats
    assert figures.misses == {Miss.NOT_KEPT: 1}
    assert figures.hits == 1
    assert figures.queueing.count == 1
    assert figures.making_time.count >= 3


@pytest.fixture
def renewed_image(dockerd: docker.APIClient, box_image: str) -> Iterator[str]:
    """The runner's image under another name."""
    dockerd.tag(box_image, "callgate-test-renewed", "1")
    yield "callgate-test-renewed:1"
    dockerd.remove_image("callgate-test-renewed:1")


@pytest.mark.slow
async def test_a_box_that_waited_too_long_is_replaced(open_pool: OpenPool, boxes: Boxes, until: Until) -> None:
    async with open_pool(replace(ONE_WARM, oldest=1.0)) as pool:
        before = boxes()
        await until(lambda: boxes() and before != boxes() and pool.warm == 1, 15)
        assert pool.stats.replaced >= 1


async def test_a_caller_that_cannot_be_served_in_time_is_told_at_once(open_pool: OpenPool) -> None:
    async with open_pool(replace(ONE_WARM, create_parallel=2)) as pool:

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
        assert refusal is not None
        assert refusal.retry_after > 0.05
        assert took < 0.05
        assert pool.stats.refused_early == 1


async def test_a_tenant_cannot_hold_every_box(open_pool: OpenPool) -> None:
    async with open_pool(PoolSettings(size=1, max_boxes=4, share=0.5)) as pool:
        async with AsyncExitStack() as held:
            for _ in range(2):
                await held.enter_async_context(pool.lease(Egress(), wait=10, tenant="greedy"))
            with pytest.raises(PoolExhausted):
                await held.enter_async_context(pool.lease(Egress(), wait=0.3, tenant="greedy"))
            await held.enter_async_context(pool.lease(Egress(), wait=10, tenant="modest"))
        async with pool.lease(Egress(), wait=10, tenant="greedy"):
            pass


async def test_a_box_that_the_engine_made_after_it_was_given_up_is_swept_and_those_that_wait_are_not(
    pool: DockerPool, dockerd: docker.APIClient, box_image: str, boxes: Boxes, run_dir: Path
) -> None:
    before = boxes()
    labels = {"callgate.gateway": "test", "callgate.box": "cg-late", "callgate.run_dir": str(run_dir)}
    dockerd.create_container(box_image, name="cg-stray-in-test", labels=labels)
    await pool.sweep()
    assert boxes() == before
    assert pool.warm == 1


async def test_a_box_of_another_host_is_not_taken_for_gone(open_pool: OpenPool) -> None:
    register = MemoryBoxRegistry()
    await register.enter("cg-elsewhere", BoxPlace("another-engine", "/run/callgate", "gw-1"))
    async with open_pool(registry=register) as pool:
        with pytest.raises(BoxElsewhere):
            await pool.wait_removed("cg-elsewhere")
        await register.mark_removed("cg-elsewhere")
        await pool.wait_removed("cg-elsewhere")


async def test_every_box_is_in_the_register_while_it_exists_and_is_marked_as_removed_afterwards(
    open_pool: OpenPool, engine: DockerEngine, run_dir: Path, boxes: Boxes
) -> None:
    register = MemoryBoxRegistry()
    async with open_pool(PoolSettings(size=2), registry=register):
        names = boxes()
        assert await register.at(await engine.id(), str(run_dir)) == dict.fromkeys(names, "test")
    assert [await register.find(name) for name in names] == [Absent.GONE, Absent.GONE]


async def test_a_gateway_that_needs_the_end_of_a_frozen_gateways_box_ends_it(
    pool: DockerPool, open_pool: OpenPool, boxes: Boxes
) -> None:
    async with open_pool(gateway="frozen") as frozen, frozen.lease(Egress(), wait=0) as box:
        await pool.wait_removed(box.name)
        assert box.name not in boxes()

"""Each trouble of the container engine, brought about on engines of this test's own: its cure fits its cause.

The cures of the store's troubles are held elsewhere. What an engine says where this cannot be brought about (no memory, no
AppArmor) is in `tests/sandbox/engine/test_docker_answers.py`.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from gateway.operations.engine_checks import check_box, check_engine
from gateway.operations.health_checks import ask_engine
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, ImageMissing, RuntimeUnavailable, SandboxError
from sandbox.api.job import Egress
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image, runner_image
from sandbox.hardening import profile
from sandbox.pool.pool import DockerPool, PoolSettings
from tests.conftest import wait_until
from tests.promises.disks import filled, small_disk

#: A user of this host that the engine with user namespaces has for its boxes.
IN_NAMESPACE = 101_000

pytestmark = [pytest.mark.docker, pytest.mark.slow]  # engines of its own


@dataclass(frozen=True)
class OwnEngine:
    """An engine that only this test uses. `home` is where it has its files."""

    home: Path
    pid: int

    @property
    def socket(self) -> Path:
        return self.home / "engine.sock"


@contextmanager
def started(home: Path, *options: str, prepare: str = "true") -> Iterator[OwnEngine]:
    """An engine in a mount namespace of its own, in which `prepare` has run: what is mounted later, it does not see."""
    places = [f"--data-root={home}/data", f"--exec-root={home}/exec", f"--pidfile={home}/pid"]
    command = [
        "dockerd",
        f"--host=unix://{home}/engine.sock",
        *places,
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    ]
    script = f'{prepare} && exec "$@"'
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script, "sh", *command, *options], stdout=log, stderr=log)
    engine = OwnEngine(home, process.pid)
    try:
        wait_until(lambda: answers(engine.socket), seconds=30, what="an engine")
        yield engine
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(30)


def answers(path: Path) -> bool:
    with suppress(OSError):
        return asyncio.run(ask_engine(path, "/_ping")) is not None
    return False


@pytest.fixture(scope="module")
def engine() -> Iterator[OwnEngine]:
    """Its disk is small, and it knows a runtime that is not there."""
    with small_disk("96m") as disk, started(disk, "--add-runtime=ghost=/no/such/runtime") as engine:
        yield engine


@pytest.fixture(scope="module")
def remapped() -> Iterator[OwnEngine]:
    """An engine with user namespaces, whose boxes have the users 0 to 65535 only."""
    with tempfile.TemporaryDirectory(prefix="cgu-", dir="/tmp", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o711)  # the boxes' root is another user there
        ranges = Path(home) / "ranges"
        ranges.write_text("daemon:100000:65536\n")
        prepare = f"mount --bind {ranges} /etc/subuid && mount --bind {ranges} /etc/subgid"
        with started(Path(home), "--userns-remap=daemon:daemon", prepare=prepare) as engine:
            yield engine


async def refusal(engine: OwnEngine, run_dir: Path, *, spec: BoxSpec = RUNNER, first_uid: int = 100_000) -> SandboxError:
    """Why a pool on this engine has no box of this kind."""
    client = DockerEngine(f"unix://{engine.socket}")
    try:
        image = await ensure_runner_image(client)
        settings = PoolSettings(size=0, max_boxes=1, first_uid=first_uid)
        async with DockerPool(client, image.name, run_dir, "test", settings, restore_image=image.ensure) as pool:
            with pytest.raises(SandboxError) as caught:
                async with pool.lease(Egress(), wait=20, spec=spec):
                    pass
            return caught.value
    finally:
        await client.close()


async def cure_in_doctor(path: Path, run_dir: Path, first_user: int = 100_000) -> str:
    found = await check_box(path, run_dir, first_user)
    assert not found.ok
    return found.cure


def trouble_of(error: SandboxError) -> EngineTrouble:
    assert isinstance(error, EngineUnavailable)
    assert error.cure == error.trouble.cure
    return error.trouble


async def test_a_box_on_a_well_engine_has_nothing_wrong(engine: OwnEngine, run_dir: Path) -> None:
    assert (await check_box(engine.socket, run_dir)).ok
    assert list(run_dir.iterdir()) == []


async def test_no_socket_and_no_engine_behind_it(run_dir: Path) -> None:
    absent = EngineTrouble.ABSENT.cure
    assert await cure_in_doctor(run_dir / "no.sock", run_dir) == absent
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{run_dir}/left.sock")
    assert await cure_in_doctor(run_dir / "left.sock", run_dir) == absent


ASK = """
import asyncio, sys
from sandbox.api.errors import EngineUnavailable
from sandbox.engine.docker_engine import DockerEngine

async def ask():
    engine = DockerEngine(sys.argv[1])
    try:
        await engine.ping()
    except EngineUnavailable as error:
        print(error.trouble)
    await engine.close()

asyncio.run(ask())
"""


def test_a_socket_that_the_gateway_may_not_use(engine: OwnEngine) -> None:
    """Asked by a user who is not root: root may use every socket. That user need not reach the code to run it."""
    demoted = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)"
    program = ASK.replace("async def ask", f"{demoted}\n\nasync def ask", 1)
    engine.home.chmod(0o755)
    command = [sys.executable, "-c", program, f"unix://{engine.socket}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == EngineTrouble.FORBIDDEN


async def test_a_socket_behind_which_is_no_engine(run_dir: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_unix_server(talk, run_dir / "mail.sock")
    assert await cure_in_doctor(run_dir / "mail.sock", run_dir) == EngineTrouble.FOREIGN.cure
    server.close()


async def test_an_engine_that_hangs(engine: OwnEngine, run_dir: Path) -> None:
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        assert await cure_in_doctor(engine.socket, run_dir) == EngineTrouble.SILENT.cure
    finally:
        os.kill(engine.pid, signal.SIGCONT)


async def test_a_full_disk_of_the_engines_is_no_fault_of_a_tools_author(engine: OwnEngine, run_dir: Path) -> None:
    with docker_of(engine) as operator:
        operator.tag(runner_image().name, "authors", "1")
    with filled(engine.home):
        assert trouble_of(await refusal(engine, run_dir)) is EngineTrouble.DISK_FULL
        assert trouble_of(await refusal(engine, run_dir, spec=BoxSpec("authors:1"))) is EngineTrouble.DISK_FULL
    assert (await check_box(engine.socket, run_dir)).ok


async def test_a_full_disk_below_the_run_directory(engine: OwnEngine) -> None:
    with small_disk("1m,nr_inodes=5") as disk:  # itself, the gateway's directory and lock, the box's directory, one socket
        error = await refusal(engine, disk)
    assert trouble_of(error) is EngineTrouble.DISK_FULL
    assert str(disk) in str(error)


async def test_a_runtime_that_is_not_known_or_not_installed(engine: OwnEngine, run_dir: Path) -> None:
    for runtime in ("runsc-of-old", "ghost"):
        error = await refusal(engine, run_dir, spec=BoxSpec(runtime=runtime))
        assert isinstance(error, RuntimeUnavailable)
        assert runtime in str(error)
        assert "install the runtime" in error.cure


async def test_a_profile_that_the_engine_does_not_apply(
    engine: OwnEngine, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "seccomp", lambda _: '{"defaultAction": "SCMP_ACT_OF_TOMORROW"}')
    assert trouble_of(await refusal(engine, run_dir)) is EngineTrouble.PROFILE_REFUSED


async def test_users_that_no_host_has(engine: OwnEngine, run_dir: Path) -> None:
    assert trouble_of(await refusal(engine, run_dir, first_uid=2**31)) is EngineTrouble.USER_OUT_OF_RANGE


@pytest.mark.parametrize("first", [1, 100_000, 165_536])
async def test_users_that_an_engine_with_user_namespaces_does_not_have(remapped: OwnEngine, run_dir: Path, first: int) -> None:
    """Below its range, its root, and behind its range."""
    assert await cure_in_doctor(remapped.socket, run_dir, first) == EngineTrouble.USER_OUT_OF_RANGE.cure


async def test_boxes_have_users_of_an_engine_with_user_namespaces_where_the_operator_names_one(
    remapped: OwnEngine, run_dir: Path
) -> None:
    found = await check_box(remapped.socket, run_dir, IN_NAMESPACE)
    assert found.ok, found
    assert list(run_dir.iterdir()) == []


@pytest.mark.parametrize(("first", "ok"), [(100_000, False), (IN_NAMESPACE, True), (165_535, False)])
async def test_the_doctor_names_a_user_that_an_engine_with_user_namespaces_has(
    remapped: OwnEngine, first: int, ok: bool
) -> None:
    (users,) = [one for one in await check_engine(remapped.socket, first) if one.part == "users"]
    assert users.ok is ok
    assert "CALLGATE_FIRST_BOX_USER=101000" in users.cure


async def test_a_run_directory_that_the_engine_does_not_see(remapped: OwnEngine) -> None:
    with small_disk("4m") as elsewhere:
        assert await cure_in_doctor(remapped.socket, elsewhere, IN_NAMESPACE) == EngineTrouble.PLACE_LOST.cure


async def test_an_authors_image_is_missing_until_it_is_loaded_again(engine: OwnEngine, run_dir: Path) -> None:
    client = DockerEngine(f"unix://{engine.socket}")
    image = await ensure_runner_image(client)
    spec = BoxSpec("removed:1")
    with docker_of(engine) as operator:
        async with DockerPool(client, image.name, run_dir, "test", PoolSettings(size=0, max_boxes=2)) as pool:
            for _ in range(2):
                with pytest.raises(ImageMissing) as caught:
                    async with pool.lease(Egress(), wait=20, spec=spec):
                        pass
                assert "load the tool's image" in caught.value.cure
                operator.tag(image.name, "removed", "1")  # stands for an author's, as a box needs no more of it
                async with pool.lease(Egress(), wait=20, spec=spec):
                    operator.remove_image(spec.image, force=True)
                await until_none_waits(pool)
    await client.close()


async def until_none_waits(pool: DockerPool) -> None:
    """A box of the removed image that was made already is leased, and is the last."""
    while pool.warm or pool.stats.making:
        with suppress(SandboxError):
            async with pool.lease(Egress(), wait=5, spec=BoxSpec("removed:1")):
                pass


async def test_an_engine_without_its_containerd(engine: OwnEngine, run_dir: Path) -> None:
    """The last of this module: the engine does not come back from it."""
    os.kill(containerd_of(engine), signal.SIGKILL)
    assert trouble_of(await refusal(engine, run_dir)) in {EngineTrouble.CONTAINERD_ABSENT, EngineTrouble.ABSENT}


def containerd_of(engine: OwnEngine) -> int:
    found = subprocess.run(["pgrep", "-P", str(engine.pid), "containerd"], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


@contextmanager
def docker_of(engine: OwnEngine) -> Iterator[docker.APIClient]:
    client = docker.APIClient(f"unix://{engine.socket}", timeout=30)
    yield client
    client.close()

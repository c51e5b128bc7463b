"""An engine where there is none: started with the stack, and gone with it."""

import ctypes
import io
import socket
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.errors import PartFailed, PartMissing
from gateway.embedded.state_dir import StateDir
from sandbox.engine.runner_image import RUNNER
from tests.conftest import ENGINE_SOCKET
from tests.gateway.embedded.processes import mounts_below, processes_of

pytestmark = pytest.mark.docker


@pytest.mark.slow
async def test_an_engine_is_started_where_none_answers_and_leaves_nothing_behind(run_dir: Path) -> None:
    at = run_dir / "engine.sock"
    with StateDir(run_dir / "home").hold() as state:  # a short path: containerd's sockets lie below it
        daemon = EngineDaemon(state, at)
        await daemon.start()
        client = docker.APIClient(f"unix://{at}")
        assert daemon.ours
        assert client.version()["ApiVersion"]
        client.close()
        await daemon.stop()
    assert processes_of(state.home) == {}
    assert mounts_below(state.home) == []


def archive_of(program: Path) -> bytes:
    image = io.BytesIO()
    with tarfile.open(fileobj=image, mode="w") as archive:
        archive.add(program, "runner")
    return image.getvalue()


@pytest.mark.slow
async def test_an_engine_that_ran_a_container_on_the_hosts_network_leaves_no_mount(run_dir: Path) -> None:
    with StateDir(run_dir / "home").hold() as state:
        daemon = EngineDaemon(state, run_dir / "engine.sock")
        await daemon.start()
        client = docker.APIClient(f"unix://{run_dir}/engine.sock")
        client.import_image_from_data(archive_of(RUNNER), repository="any")
        box = client.create_container("any", "/runner", host_config=client.create_host_config(network_mode="host"))
        client.start(box)
        client.remove_container(box, force=True)
        client.close()
        await daemon.stop()
    assert mounts_below(state.home) == []


@contextmanager
def as_another_user() -> Iterator[None]:
    """For this thread, and those that it starts: files are opened as by a user who is not root."""
    set_user = ctypes.CDLL(None).setfsuid
    set_user(65_534)
    try:
        yield
    finally:
        set_user(0)


@pytest.mark.parametrize("forbidden", ["socket", "directory"])
async def test_an_engine_that_one_may_not_ask_is_told_as_such_and_no_other_one_is_started(
    run_dir: Path, forbidden: str
) -> None:
    place = run_dir / "of-root"
    place.mkdir()
    with StateDir(run_dir / "home").hold() as state, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "engine.sock"))
        listener.listen()
        run_dir.chmod(0o755)
        (place / "engine.sock").chmod(0o600)
        place.chmod(0o700 if forbidden == "directory" else 0o755)
        daemon = EngineDaemon(state, place / "engine.sock")
        with as_another_user(), pytest.raises(PartFailed, match="cannot be used: forbidden") as refused:
            await daemon.start()
        assert "Run this as root" in refused.value.cure
        assert not daemon.ours


async def test_an_engine_that_answers_is_left_alone(state: StateDir, dockerd: docker.APIClient) -> None:
    with state.hold():
        daemon = EngineDaemon(state, ENGINE_SOCKET)
        await daemon.start()
        await daemon.stop()
    assert not daemon.ours
    assert dockerd.ping()


async def test_an_engine_that_cannot_start_leaves_no_mount(run_dir: Path) -> None:
    with StateDir(run_dir / "home").hold() as state:
        (state.engine / "dockerd.pid").mkdir()  # where it wants to write, when it has begun to set itself up
        with pytest.raises(PartFailed):
            await EngineDaemon(state, run_dir / "engine.sock").start()
    assert mounts_below(state.home) == []


async def test_without_dockerd_the_cure_is_named(state: StateDir, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(run_dir))
    with state.hold(), pytest.raises(PartMissing, match="dockerd is not installed") as caught:
        await EngineDaemon(state, run_dir / "engine.sock").start()
    assert "apt-get install docker.io" in caught.value.cure

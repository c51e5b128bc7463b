"""What is left where a store fails in the middle of a step: nothing that looks whole, and nothing that stays."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EACCES
from functools import partial
from io import FileIO
from pathlib import Path
from threading import current_thread
from typing import Any, ClassVar, cast

import pytest

from gateway.model.artifact import StoredArtifact
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactsUnavailable
from gateway.model.principal import Principal
from gateway.records.artifacts.artifacts import GIVEN_UP, HALF, Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from gateway.records.artifacts.protocol import Objects, ObjectWriter

OWNER = Principal("shop", "agent", "anna")


@dataclass
class FailsOnce:
    """Objects, or one of their writers, of which the named step fails once: before it is done, or after."""

    inner: Any
    failing: list[str] = field(default_factory=list)
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        step = getattr(self.inner, name)
        if name == "begin":
            return partial(self._begin, step)
        return partial(self._fail, name, step) if name in self.failing else step

    async def _begin(self, begin: Callable[[str], Any], name: str) -> ObjectWriter:
        return cast(ObjectWriter, FailsOnce(await begin(name), self.failing, self.done))

    async def _fail(self, name: str, step: Callable[..., Any], *args: Any) -> Any:
        if name in self.failing:
            self.failing.remove(name)
            if self.done:
                await step(*args)
            raise ArtifactsUnavailable("the store is away")
        return await step(*args)


class Clock:
    now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


def fails_once(objects: Objects, failing: list[str], done: bool = False) -> Objects:
    return cast(Objects, FailsOnce(objects, failing, done))


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def put(artifacts: Artifacts, tenant: str, content: bytes = b"content") -> StoredArtifact:
    writer = await artifacts.begin(Principal(tenant, "agent", "anna"), "a/b")
    try:
        await writer.write(content)
        return await writer.keep()
    finally:
        await writer.drop()


@pytest.fixture
def directory(tmp_path: Path) -> Objects:
    return DirectoryObjects(tmp_path / "artifacts")


async def test_what_a_piece_is_missing_of_is_not_kept(directory: Objects) -> None:
    artifacts = Artifacts(fails_once(directory, ["write"]), ArtifactBounds())
    writer = await artifacts.begin(OWNER, "a/b")
    with pytest.raises(ArtifactsUnavailable):
        await writer.write(b"first")
    await writer.write(b"second")
    with pytest.raises(ArtifactsUnavailable):
        await writer.keep()
    await writer.drop()
    assert await directory.list() == []


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done, and its answer lost"])
@pytest.mark.parametrize("failing", ["commit", "put"])
async def test_an_artifact_whose_last_steps_fail_leaves_nothing(directory: Objects, failing: str, done: bool) -> None:
    artifacts = Artifacts(fails_once(directory, [failing], done), ArtifactBounds())
    with pytest.raises(ArtifactsUnavailable):
        await put(artifacts, "shop")
    assert await directory.list() == []


async def test_where_one_cannot_be_removed_the_others_that_have_expired_are(directory: Objects, clock: Clock) -> None:
    artifacts = Artifacts(fails_once(directory, ["delete"]), ArtifactBounds(seconds=60), clock)
    for tenant in ("shop", "other", "third"):
        await put(artifacts, tenant)
    clock.now += 60
    with pytest.raises(ArtifactsUnavailable):
        await artifacts.sweep()
    assert len(await directory.list()) == 1
    await artifacts.sweep()
    assert await directory.list() == []


async def test_what_is_in_the_directory_beside_tenants_folders_is_neither_read_nor_removed(
    directory: Objects, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts = Artifacts(directory, ArtifactBounds(seconds=60), clock)
    await put(artifacts, "shop")
    foreign = tmp_path / "artifacts" / "lost+found"
    foreign.mkdir()
    (foreign / ".part-of-another").write_text("not the gateway's")
    os.utime(foreign / ".part-of-another", (0, 0))
    monkeypatch.setattr("os.scandir", partial(_denied, foreign, os.scandir))  # tests may run as root, who is denied nothing
    clock.now += GIVEN_UP
    await artifacts.sweep()
    assert await directory.list() == []
    assert (foreign / ".part-of-another").exists()


def _denied(foreign: Path, scandir: Callable[[Any], Any], place: Any) -> Any:
    if Path(place) == foreign:
        raise PermissionError(EACCES, "Permission denied")
    return scandir(place)


async def test_what_a_delete_has_left_is_swept_and_nothing_that_is_only_just_begun(directory: Objects, clock: Clock) -> None:
    failing = list[str]()
    artifacts = Artifacts(fails_once(directory, failing), ArtifactBounds(), clock)
    stored = await put(artifacts, "shop")
    (data, _) = await directory.list()
    await directory.delete(data.name.replace(".data", ".json"))
    failing.append("delete")
    with pytest.raises(ArtifactsUnavailable):
        await artifacts.delete(stored)
    await artifacts.sweep()
    clock.now += HALF - 1
    await artifacts.sweep()
    assert [one.used for one in await artifacts.use("shop")] == [1, 7]
    clock.now += 1
    await artifacts.sweep()
    assert [one.used for one in await artifacts.use("shop")] == [0, 0]


async def test_a_tenants_first_artifact_is_written_through_with_the_folder_that_it_makes(
    directory: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, fsync = list[str](), os.fsync

    def spy(descriptor: int) -> None:
        written.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", spy)
    await put(Artifacts(directory, ArtifactBounds()), "shop")
    assert written[0] == str(tmp_path / "artifacts")
    (folder,) = (tmp_path / "artifacts").iterdir()
    assert str(folder) in written


class Closing(FileIO):
    """A file that must not be closed in the event loop: on a shared file system, that may take minutes."""

    closed_in: ClassVar[list[str]] = []

    def close(self) -> None:
        if not self.closed:
            self.closed_in.append(current_thread().name)
        super().close()


async def test_no_file_is_closed_in_the_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.open", lambda path, mode, **given: Closing(path, mode, opener=given.get("opener")))
    monkeypatch.setattr("pathlib.Path.open", lambda path, mode, **_: Closing(path, mode))
    artifacts = Artifacts(DirectoryObjects(tmp_path), ArtifactBounds())
    given_up = await artifacts.begin(OWNER, "a/b")
    await given_up.write(b"given up")
    await given_up.drop()
    stored = await put(artifacts, "shop")
    assert b"".join([piece async for piece in artifacts.read(stored)]) == b"content"
    async with asyncio.timeout(5):
        while len(Closing.closed_in) < 4:  # of what was given up, of the bytes, of what is known of them, of what was read
            await asyncio.sleep(0.01)
    assert [name for name in Closing.closed_in if not name.startswith("artifacts")] == []

"""What is left where a store fails in the middle of a step: nothing that looks whole, and nothing that stays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactsUnavailable
from gateway.model.principal import Principal
from gateway.records.artifacts.artifacts import Artifacts
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
        writer: ObjectWriter = FailsOnce(await begin(name), self.failing, self.done)
        return writer

    async def _fail(self, name: str, step: Callable[..., Any], *args: Any) -> Any:
        if name in self.failing:
            self.failing.remove(name)
            if self.done:
                await step(*args)
            raise ArtifactsUnavailable("the store is away")
        return await step(*args)


@pytest.fixture
def directory(tmp_path: Path) -> Objects:
    return DirectoryObjects(tmp_path / "artifacts")


async def test_what_a_piece_is_missing_of_is_not_kept(directory: Objects) -> None:
    artifacts = Artifacts(FailsOnce(directory, ["write"]), ArtifactBounds())
    writer = await artifacts.begin(OWNER, "a/b")
    with pytest.raises(ArtifactsUnavailable):
        await writer.write(b"first")
    await writer.write(b"second")
    with pytest.raises(ArtifactsUnavailable):
        await writer.keep()
    await writer.drop()
    assert await directory.list() == []

"""What becomes of an answer's spill when its job ends in the middle of a step."""

import asyncio
from pathlib import Path

import pytest

from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.principal import Principal
from gateway.pipeline.large_answers import AnswerSpill
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from sandbox.api.result import Head
from sandbox.api.streams import StreamRefused

HEAD = Head(200, (("content-type", "text/plain"),))


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("turns", range(8))
async def test_a_piece_that_is_on_its_way_when_the_job_ends_leaves_nothing(tmp_path: Path, turns: int) -> None:
    artifacts = Artifacts(DirectoryObjects(tmp_path), ArtifactBounds())
    spill = AnswerSpill(artifacts, Principal("a", "b", "c"), "inv", most=1 << 20)
    step = asyncio.create_task(spill.write(HEAD, b"a" * 1000))
    for _ in range(turns):
        await asyncio.sleep(0)
    await spill.drop()
    await asyncio.wait({step})
    assert step.exception() is None or isinstance(step.exception(), StreamRefused)
    assert files(tmp_path) == []
    with pytest.raises(StreamRefused):
        await spill.write(HEAD, b"more")

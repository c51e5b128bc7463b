"""What becomes of an answer's spill when its job ends in the middle of a step."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactsUnavailable
from gateway.model.principal import Principal
from gateway.pipeline.large_answers import AnswerSpill, LargeAnswer, keep_whole
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects
from registry.model.accounting import Meter
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Head, Responded, Usage
from sandbox.api.streams import StreamRefused

STREAM = Head(200, (("content-type", "text/event-stream"),))
HEAD = Head(200, (("content-type", "text/plain"),))


class Failing(DirectoryObjects):
    """Takes no more than the bytes of an artifact."""

    async def put(self, name: str, content: bytes) -> None:
        raise ArtifactsUnavailable("the store is away")


@dataclass(frozen=True, slots=True)
class Slow(DirectoryObjects):
    """Lets nothing be there before it is told."""

    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, name: str, content: bytes) -> None:
        await self.told.wait()
        await DirectoryObjects.put(self, name, content)


async def others_end() -> None:
    """What goes on without the test comes to its end."""
    async with asyncio.timeout(5):
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)


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


async def test_where_the_store_does_not_take_a_streams_end_its_beginning_and_what_it_counts_are_told(tmp_path: Path) -> None:
    artifacts, meter = Artifacts(Failing(tmp_path), ArtifactBounds()), Meter(("/usage",), 1.0)
    spill = AnswerSpill(artifacts, Principal("a", "b", "c"), "inv", most=1 << 20, meters=(meter,))
    await spill.write(STREAM, b'data: 1\n\ndata: {"usage": 3}\n\n')
    result, large = await spill.keep(Responded(200, STREAM.headers, b"data: 1\n\n", Usage(), spilled=True))
    assert isinstance(result, Faulted)
    assert (result.fault, result.body) == (FaultCode.ARTIFACTS_UNAVAILABLE, b"data: 1\n\n")
    assert large == LargeAnswer(None, {meter: 3.0})
    assert files(tmp_path) == []


async def test_a_whole_that_the_store_does_not_take_in_time_is_not_waited_for_and_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.large_answers.WHOLE_WITHIN", 0.05)
    objects = Slow(tmp_path)
    with pytest.raises(ArtifactsUnavailable, match="takes longer"):
        await keep_whole(Artifacts(objects, ArtifactBounds()), Principal("a", "b", "c"), "inv", "text/plain", b"whole")
    objects.told.set()
    await others_end()
    assert files(tmp_path) == []


async def test_a_store_that_hangs_at_a_large_answers_end_does_not_keep_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KEPT_WITHIN", "DROPPED_WITHIN"):
        monkeypatch.setattr(f"gateway.pipeline.large_answers.{name}", 0.05)
    objects = Slow(tmp_path)
    spill = AnswerSpill(Artifacts(objects, ArtifactBounds()), Principal("a", "b", "c"), "inv", most=1 << 20)
    await spill.write(HEAD, b"a" * 1000)
    result, large = await asyncio.wait_for(spill.keep(Responded(200, HEAD.headers, b"a", Usage(), spilled=True)), 5)
    assert (isinstance(result, Faulted) and result.fault, large) == (FaultCode.ARTIFACTS_UNAVAILABLE, None)
    await asyncio.wait_for(spill.drop(), 5)
    objects.told.set()
    await others_end()
    assert files(tmp_path) == []

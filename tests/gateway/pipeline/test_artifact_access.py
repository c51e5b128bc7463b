"""Pages of artifacts: what one costs where most are another caller's."""

from pathlib import Path
from typing import ClassVar

import pytest

from gateway.decisions.policy import Rule
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.principal import Caller, Principal
from gateway.pipeline.artifact_access import LOOKED_AT, ArtifactAccess
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects

ANNA, BERTA = (Caller(Principal("shop", "agent", name), Rule(("*",))) for name in ("anna", "berta"))


class Counting(DirectoryObjects):
    looked: ClassVar[list[str]] = []

    async def get(self, name: str) -> bytes | None:
        self.looked.append(name)
        return await super().get(name)


@pytest.mark.parametrize("size", [1, 3, 30, 31])
async def test_a_page_looks_at_so_many_and_all_pages_have_what_the_caller_may_see(tmp_path: Path, size: int) -> None:
    access, own = ArtifactAccess(artifacts=Artifacts(Counting(tmp_path), ArtifactBounds())), set[str]()
    for number in range(30):
        writer = await access.store.begin(BERTA.principal if number % 10 else ANNA.principal, "a/b")
        kept = await writer.keep()
        own |= {kept.artifact.id} if not number % 10 else set()
    after, seen = "", list[str]()
    while True:
        Counting.looked.clear()
        page, after = await access.page(ANNA, after, size)
        assert len(Counting.looked) <= LOOKED_AT * size
        assert len(page) <= size
        seen += [one.artifact.id for one in page]
        if not after:
            break
    assert (len(seen), set(seen)) == (3, own)


async def test_of_no_artifacts_there_is_one_page(tmp_path: Path) -> None:
    access = ArtifactAccess(artifacts=Artifacts(DirectoryObjects(tmp_path), ArtifactBounds()))
    assert await access.page(ANNA, "", 10) == ([], "")

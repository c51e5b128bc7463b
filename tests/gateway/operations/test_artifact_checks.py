"""What `callgate doctor` says of the store of artifacts."""

from pathlib import Path

from gateway.model.artifact_settings import ArtifactBounds
from gateway.operations.artifact_checks import check_artifacts
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.directory import DirectoryObjects


async def test_a_store_that_works_is_found_well_and_left_as_it_was(tmp_path: Path) -> None:
    finding = await check_artifacts(Artifacts(DirectoryObjects(tmp_path), ArtifactBounds()))
    assert finding.ok
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_no_store_is_no_fault_and_told(tmp_path: Path) -> None:
    finding = await check_artifacts(None)
    assert finding.ok
    assert "CALLGATE_ARTIFACTS_STORE" in finding.detail


async def test_a_store_that_takes_nothing_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    finding = await check_artifacts(Artifacts(DirectoryObjects(tmp_path / "file"), ArtifactBounds()))
    assert not finding.ok
    assert "CALLGATE_ARTIFACTS_STORE" in finding.cure

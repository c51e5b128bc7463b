"""`callgate doctor --sandbox`: the same attacks, for an operator."""

from pathlib import Path

import docker
import pytest
from typer.testing import CliRunner

from gateway.cli import build
from gateway.cli.host.attacks import Trial, show_trials
from sandbox.adversary.case import AttackOutcome, Case, CaseKind


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "150")


@pytest.mark.slow
def test_a_doctor_attacks_the_boxes_of_every_runtime_and_shows_what_held(dockerd: docker.APIClient) -> None:
    result = CliRunner().invoke(build(), ["doctor", "--sandbox"])
    assert result.exit_code == 0, result.output
    assert "io_uring" in result.output
    assert "egress" in result.output
    assert "not hold" not in result.output
    if "runsc" not in dockerd.info()["Runtimes"]:
        assert "runsc: the engine does not know it: a tool version that asks for it is refused" in result.output


def test_a_doctor_without_an_engine_says_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGATE_DOCKER_SOCKET", str(tmp_path / "no.sock"))
    result = CliRunner().invoke(build(), ["doctor", "--sandbox"])
    assert result.exit_code == 1
    assert "Start the Docker daemon" in result.output


@pytest.mark.parametrize("every", [False, True])
def test_what_did_not_hold_is_named(capsys: pytest.CaptureFixture[str], *, every: bool) -> None:
    case = Case("device", "open /dev/mem", ("opens", "rw", "/dev/mem"), frozenset({"ENOENT"}))
    trial = Trial(
        "runc", [case.verdict(CaseKind.RUNNER, AttackOutcome("done")), case.verdict(CaseKind.PROGRAM, AttackOutcome("ENOENT"))]
    )
    show_trials([trial], every=every)
    assert trial.failed
    printed = capsys.readouterr().out
    assert "runc did not hold: device: open /dev/mem [runner]: done" in printed
    assert ("1 of 2 held" in printed) is not every
    assert ("NOT HELD" in printed) is every

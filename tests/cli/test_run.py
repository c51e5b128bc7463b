"""`callgate run`: the program gets its mode by its environment, and a recording becomes a file."""

import json
import sys
from pathlib import Path

import pytest

from callgate.recorded import load
from callgate.v1 import recording_service_pb2 as recordings
from tests.cli.conftest import Callgate, Gateway

SHOW = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('CALLGATE_R')}))"


@pytest.mark.parametrize(
    ("words", "mode"),
    [(["record"], "RECORD"), (["replay"], "REPLAY_STRICT"), (["replay", "--or-live"], "REPLAY_OR_LIVE")],
)
def test_a_program_runs_in_the_mode_and_in_a_run_of_its_own(
    callgate: Callgate, tmp_path: Path, words: list[str], mode: str
) -> None:
    seen = []
    for number in range(2):
        file = tmp_path / f"{number}"
        script = f"import sys; sys.stdout = open({str(file)!r}, 'w'); {SHOW}; sys.exit(7)"
        assert callgate("run", *words, "suite", "--", sys.executable, "-c", script).exit_code == 7
        seen.append(json.loads(file.read_text()))
    assert {one["CALLGATE_RUN_MODE"] for one in seen} == {mode}
    assert {one["CALLGATE_RECORDING"] for one in seen} == {"suite"}
    assert len({one["CALLGATE_RUN_ID"] for one in seen}) == 2


def test_a_new_recording_takes_the_place_of_the_old_one(callgate: Callgate, gateway: Gateway) -> None:
    callgate("run", "record", "suite", "--", "true")
    assert gateway.requests == [recordings.DeleteRecordingRequest(name="suite")]


def test_a_program_that_is_not_there_is_told(callgate: Callgate) -> None:
    done = callgate("run", "replay", "suite", "--", "no-such-program")
    assert done.exit_code == 127
    assert "no-such-program" in done.stderr


def test_what_was_exported_is_imported_equal(callgate: Callgate, gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "suite.jsonl"
    assert callgate("run", "export", "suite", str(file)).exit_code == 0
    assert [call.tool for call in load(file.read_bytes()).calls] == ["pay@1.0.0"]
    done = callgate("run", "import", str(file))
    assert (done.exit_code, "suite: 1 calls" in done.stdout) == (0, True)
    sent = gateway.requests[-1]
    assert sent[0].name == "suite"
    assert sent[1].entry == gateway.entry


def test_a_file_that_cannot_be_written_is_wrong_usage(callgate: Callgate, tmp_path: Path) -> None:
    done = callgate("run", "export", "suite", str(tmp_path / "no such directory" / "suite.jsonl"))
    assert done.exit_code == 2
    assert "cannot be written: No such file or directory" in done.stderr


def test_a_file_that_is_no_recording_is_told_with_its_line_and_nothing_is_sent(
    callgate: Callgate, gateway: Gateway, tmp_path: Path
) -> None:
    file = tmp_path / "suite.jsonl"
    file.write_text('{"tool": "x", "outcome": {"unknown": {}}}\nnonsense\n')
    done = callgate("run", "import", str(file))
    assert done.exit_code == 2
    assert "line 2" in done.stderr
    assert gateway.requests == []

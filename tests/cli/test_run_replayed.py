"""`callgate run record`, `replay` and `compare` with a program that makes calls: one that knows nothing of recordings."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from callgate.recorded import load
from callgate.testing import FakeGateway
from gateway.cli import build

AGENT = """
import sys
from callgate import Client, CallgateError

with Client.from_environment() as client:
    run = client.run("thread-7")
    for step, item in enumerate(sys.argv[1:]):
        print(run.call("create_order", {"item": item}, step=step).json()["id"])
"""


class Run(Protocol):
    """Runs `callgate run` with these words; `away`: while the gateway is not there."""

    def __call__(self, *words: str, away: bool = False) -> Result: ...


@pytest.fixture
def shop() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str) -> dict[str, object]:
            return {"id": f"order of {item}"}

        yield gateway


@pytest.fixture
def run(shop: FakeGateway, tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = {"CALLGATE_HOME": str(tmp_path_factory.mktemp("home")), "CALLGATE_TOKEN_FILE": "", "COLUMNS": "240"}

    def called(*words: str, away: bool = False) -> Result:
        there = {} if away else shop.environment
        absent = {"CALLGATE_ADDRESS": "127.0.0.1:1", "CALLGATE_TOKEN": "none"}
        return CliRunner().invoke(build(), ["run", *words], env={**home, **absent, **there})

    return called


@pytest.fixture
def agent(tmp_path: Path) -> list[str]:
    file = tmp_path / "agent.py"
    file.write_text(AGENT)
    return ["--", sys.executable, str(file)]


@pytest.fixture
def recorded(run: Run, agent: list[str], tmp_path: Path) -> str:
    file = tmp_path / "order.json"
    assert run("record", str(file), *agent, "tea", "rope").exit_code == 0
    return str(file)


def test_a_program_is_recorded_into_a_file_that_a_reviewer_can_read(recorded: str, shop: FakeGateway) -> None:
    written = json.loads(Path(recorded).read_text())
    assert [
        (step["step"], one["tool"], one["arguments"], one["outcome"]["succeeded"]["result"]["spaced_json"])
        for step in written["steps"]
        for one in step["calls"]
    ] == [
        ("0", "create_order@1.0.0", {"item": "tea"}, {"id": "order of tea"}),
        ("1", "create_order@1.0.0", {"item": "rope"}, {"id": "order of rope"}),
    ]
    assert shop.token not in Path(recorded).read_text()


def test_the_recording_of_a_file_is_gone_from_the_gateway(recorded: str, shop: FakeGateway) -> None:
    assert Path(recorded).exists()
    assert all(not entries for entries in shop._recordings._entries.values())


@pytest.mark.parametrize("where", [(), ("--offline",)])
def test_the_same_run_is_as_it_was_recorded_and_nothing_is_made(
    run: Run, recorded: str, agent: list[str], shop: FakeGateway, where: tuple[str, ...]
) -> None:
    done = run("replay", *where, recorded, *agent, "tea", "rope", away=bool(where))
    assert (done.exit_code, "as it was recorded" in done.stderr) == (0, True), done.stderr
    assert sum(one.executions for one in shop.calls) == 2  # of the recording


def test_a_run_that_differs_is_told_and_fails(run: Run, recorded: str, agent: list[str]) -> None:
    done = run("replay", "--offline", recorded, *agent, "tea", "soap")
    assert done.exit_code == 1
    assert "The runs part at call 2, step 1: create_order@1.0.0: other arguments." in done.stderr
    assert '/item: "rope" → "soap"' in done.stderr


def test_a_run_that_leaves_a_call_out_fails_though_its_program_does_not(run: Run, recorded: str, agent: list[str]) -> None:
    done = run("replay", recorded, *agent, "tea")
    assert done.exit_code == 1
    assert "create_order@1.0.0: is missing" in done.stderr


def test_a_program_that_asks_for_nothing_is_not_recorded_and_one_that_fails_leaves_the_file(
    run: Run, recorded: str, agent: list[str]
) -> None:
    before = Path(recorded).read_bytes()
    nothing = run("record", recorded, *agent)
    assert (nothing.exit_code, "made no call" in nothing.stderr) == (1, True)
    failed = run("record", recorded, "--", sys.executable, "-c", "raise SystemExit(3)")
    assert (failed.exit_code, "is left as it was" in failed.stderr) == (3, True)
    assert Path(recorded).read_bytes() == before
    absent = run("record", f"{recorded}.json", "--", sys.executable, "-c", "raise SystemExit(3)")
    assert (absent.exit_code, "is not written" in absent.stderr, Path(f"{recorded}.json").exists()) == (3, True, False)


def test_a_program_that_a_signal_ends_gives_the_exit_code_that_a_shell_gives(run: Run, recorded: str) -> None:
    dies = ["--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    assert run("replay", "--offline", recorded, *dies).exit_code == 137
    assert run("record", recorded, *dies).exit_code == 137


def test_a_call_that_was_not_recorded_is_told_with_its_arguments_and_the_file(
    run: Run, recorded: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "agent.py"
    run("replay", "--offline", recorded, "--", sys.executable, str(file), "soap")
    said = capfd.readouterr().err
    assert 'the recording order.json has no such call of create_order@1.0.0 in the run thread-7: {"item": "soap"}' in said


def test_a_file_that_is_empty_or_misspelt_is_no_recording(run: Run, recorded: str, agent: list[str], tmp_path: Path) -> None:
    empty, misspelt = tmp_path / "empty.json", tmp_path / "misspelt.json"
    empty.write_bytes(b"")
    misspelt.write_text(Path(recorded).read_text().replace('"succeeded"', '"suceeded"'))
    for file, told in ((empty, "empty.json is empty"), (misspelt, "misspelt.json: a call of create_order@1.0.0")):
        for words in (("replay", "--offline", str(file), *agent), ("compare", recorded, str(file))):
            done = run(*words)
            assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


def test_two_recordings_are_compared_without_a_gateway(run: Run, recorded: str, agent: list[str], tmp_path: Path) -> None:
    other = str(tmp_path / "other.json")
    assert run("record", other, *agent, "tea", "soap").exit_code == 0
    assert run("compare", recorded, recorded, away=True).exit_code == 0
    differ = run("compare", recorded, other, "-o", "json", away=True)
    assert differ.exit_code == 1
    (one,) = json.loads(differ.stdout)["differing"]
    assert one["changes"] == [{"pointer": "/item", "before": "rope", "after": "soap"}]
    assert "The runs part at call 2, step 1" in run("compare", recorded, other, away=True).stdout


def test_a_name_on_the_gateway_is_compared_with_a_file(run: Run, recorded: str, agent: list[str]) -> None:
    assert run("record", "suite", *agent, "tea").exit_code == 0
    done = run("compare", recorded, "suite")
    assert (done.exit_code, "is missing" in done.stdout) == (1, True)
    assert run("replay", "suite", *agent, "tea").exit_code == 0


def test_what_is_not_there_or_no_recording_is_told_with_its_cure(run: Run, agent: list[str], tmp_path: Path) -> None:
    absent = run("replay", "--offline", str(tmp_path / "absent.json"), *agent)
    assert (absent.exit_code, "callgate run record" in absent.stderr) == (5, True)
    (tmp_path / "bad.json").write_text("[]")
    bad = run("compare", str(tmp_path / "bad.json"), str(tmp_path / "bad.json"))
    assert (bad.exit_code, "Give a file that" in bad.stderr) == (2, True)
    assert run("replay", "no-such-recording", *agent).exit_code == 5
    assert run("replay", "--offline", "--or-live", "suite", *agent).exit_code == 2


def test_a_file_that_an_older_release_wrote_is_compared_by_what_it_has(recorded: str, run: Run, tmp_path: Path) -> None:
    entry = {
        "tool": "pay@1.0.0",
        "tool_digest": "0" * 64,
        "arguments_digest": "1" * 64,
        "occurrence": 1,
        "outcome": {"unknown": {}},
    }
    older = tmp_path / "older.jsonl"
    older.write_text(json.dumps({**entry, "outcome": {"unknown": {}}}) + "\n")
    assert run("compare", str(older), str(older)).exit_code == 0
    assert not load(older.read_bytes()).ordered
    assert run("compare", str(older), recorded).exit_code == 1

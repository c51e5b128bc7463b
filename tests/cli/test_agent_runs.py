"""`callgate run list | show | kill`, against a gateway in this process."""

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from callgate import Client, RunStatus
from callgate.testing import FakeGateway
from gateway.cli import build

Command = Callable[..., Result]


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:
        gateway.tool(charge)
        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


@pytest.fixture
def run(gateway: FakeGateway) -> Command:
    def call(*words: str) -> Result:
        return CliRunner().invoke(build(), ["run", *words], env={**gateway.environment, "COLUMNS": "200"})

    return call


def charge(amount: int) -> dict[str, int]:
    return {"charged": amount}


def test_runs_are_listed_with_what_they_are(run: Command, client: Client) -> None:
    client.runs.start("thread-7", labels={"team": "billing"})
    client.runs.start("thread-8")
    client.runs.end("thread-8", status=RunStatus.FAILED)
    shown = run("list").stdout
    assert all(told in shown for told in ("thread-7", "RUNNING", "team=billing", "thread-8", "FAILED", "fake/caller"))
    assert [one["run_id"] for one in json.loads(run("list", "--status", "failed", "-o", "json").stdout)] == ["thread-8"]
    assert [one["run_id"] for one in json.loads(run("list", "--label", "team=billing", "-o", "json").stdout)] == ["thread-7"]
    assert [one["run_id"] for one in json.loads(run("list", "--limit", "1", "-o", "json").stdout)] == ["thread-8"]


def test_where_there_is_no_run_that_is_said(run: Command) -> None:
    done = run("list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No such run was started" in done.stderr


def test_a_label_has_a_name_and_a_value(run: Command) -> None:
    done = run("list", "--label", "billing")
    assert done.exit_code == 2
    assert "NAME=VALUE" in done.stderr


@pytest.mark.parametrize("status", ["nonsense", "unspecified"])
def test_a_status_is_one_of_a_run(run: Command, status: str) -> None:
    done = run("list", "--status", status)
    assert done.exit_code == 2
    assert f"'{status}' is none: give one of running, succeeded, failed, killed" in done.stderr
    assert "Value error" not in done.stderr


def test_a_run_is_shown_with_its_state_and_its_calls_in_order(run: Command, client: Client) -> None:
    agent = client.run("thread-7")
    agent.start(b'{"goal": "charge"}')
    for step in (1, 2):
        agent.call("charge", {"amount": step}, step=step)
        agent.save(json.dumps({"done": step}).encode())
    shown = run("show", "thread-7").stdout
    assert "run thread-7  RUNNING  of fake/caller" in shown
    assert "state: version 2, 11 bytes" in shown
    assert shown.count("charge@1.0.0") == 2
    told = json.loads(run("show", "thread-7", "-o", "json").stdout)
    assert (told["run"]["plan"], told["run"]["state"]) == ({"goal": "charge"}, {"done": 2})
    assert [call["step"] for call in told["calls"]] == ["1", "2"]
    assert [call["step"] for call in json.loads(run("show", "thread-7", "--limit", "1", "-o", "json").stdout)["calls"]] == ["2"]


def test_a_run_is_killed_in_the_name_of_who_does_it(run: Command, client: Client) -> None:
    client.runs.start("thread-7")
    done = run("kill", "thread-7", "--reason", "It loops.")
    assert (done.exit_code, done.stdout.strip()) == (0, "thread-7: KILLED by fake/caller: It loops.")
    assert "by fake/caller: It loops." in run("show", "thread-7").stdout
    assert client.runs.get("thread-7").status is RunStatus.KILLED


def test_a_run_that_had_ended_is_not_said_to_be_killed(run: Command, client: Client) -> None:
    client.runs.start("thread-7")
    client.runs.end("thread-7")
    done = run("kill", "thread-7", "--reason", "It loops.")
    assert (done.exit_code, done.stdout.strip()) == (
        0,
        "thread-7: it had ended before, as SUCCEEDED. Nothing was left to kill.",
    )


def test_another_caller_is_named_by_both_its_names(run: Command) -> None:
    for words in (("show", "thread-7"), ("kill", "thread-7", "--reason", "x")):
        done = run(*words, "--agent", "planner")
        assert done.exit_code == 2, done.output
        assert "Give both, or none of them." in done.stderr


def test_what_is_no_run_is_said_with_a_cure(run: Command) -> None:
    for words in (("show", "none"), ("kill", "none", "--reason", "x")):
        done = run(*words)
        assert done.exit_code == 5, done.output
        assert "no run none" in done.stderr
        assert "by `agent` and `subject`" in done.stderr

"""The examples of runs.md: the loop, and the commands of an operator, each with what its text takes for given."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from callgate import Client, RunStatus
from callgate.testing import FakeGateway
from gateway.cli import build
from tests.docs.pages import DOCS, fences

PYTHON, CONSOLE = [fence for fence in fences(DOCS / "runs.md") if fence.language in {"python", "console"}]


@dataclass(frozen=True)
class State:
    turn: int = 0
    answers: tuple[Any, ...] = ()

    def after(self, answers: list[Any]) -> "State":
        return State(self.turn + 1, (*self.answers, *(one.json() for one in answers)))


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def charge(amount: int) -> int:
            return amount

        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client


def think(_plan: bytes, state: State) -> list[tuple[str, dict[str, int], int]]:
    """Two equal calls in each of two turns."""
    return [("charge", {"amount": 3}, nth) for nth in range(2)] if state.turn < 2 else []


def test_the_loop_makes_each_call_of_each_turn_once_however_often_it_is_run(gateway: FakeGateway, client: Client) -> None:
    given = {
        "client": client,
        "plan": b"charge twice, and twice again",
        "think": think,
        "new_state": State,
        "dump": lambda state: json.dumps(asdict(state)).encode(),
        "load": lambda saved: State(**json.loads(saved)),
    }
    for _ in range(2):
        exec(PYTHON.body, dict(given))
    assert [call.executions for call in gateway.calls] == [1, 1, 1, 1]
    run = gateway.runs["thread-7"]
    assert (run.status, json.loads(run.state)["answers"]) == (RunStatus.SUCCEEDED, [3, 3, 3, 3])


def test_an_operator_finds_shows_and_kills_a_run(gateway: FakeGateway, client: Client) -> None:
    client.run("thread-7").start()
    said = []
    for line in CONSOLE.body.splitlines():
        words = shlex.split(line.removeprefix("$ "))
        done = CliRunner().invoke(build(), words[1:], env={**gateway.environment, "COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        said.append(done.stdout)
    assert all("thread-7" in one for one in said)
    assert gateway.runs["thread-7"].status is RunStatus.KILLED

"""The plugin as a team uses it: pytest in a directory of its own, an agent that knows of no tests, and a gateway or none."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from callgate.testing import FakeGateway

REPOSITORY = Path(__file__).parents[2]

AGENT = """
from callgate import AsyncClient, CallgateError, Client

def order(*items):
    with Client.from_environment() as client:
        run = client.run("thread-7")
        return [run.call("create_order", {"item": item}, step=step).json() for step, item in enumerate(items)]

def order_and_shrug(*items):
    try:
        return order(*items)
    except CallgateError:
        return []

async def order_together(*items):
    async with AsyncClient.from_environment() as client:
        return (await client.run("thread-8").call("create_order", {"item": items[0]}, step=0)).json()
"""
TESTS = """
import agent
import pytest

@pytest.mark.callgate_recording("runs/order.json")
def test_the_agent_orders():
    assert agent.order("tea", "rope") == ["order of tea", "order of rope"]

def test_a_run_without_a_name(callgate_replay):
    with callgate_replay.client() as client:
        client.call("create_order", {"item": "soap"})

@pytest.mark.callgate_recording("runs/together.json")
async def test_asyncio():
    assert await agent.order_together("tea") == "order of tea"

@pytest.mark.parametrize("item", ["tea", "a/b"])
def test_each(callgate_replay, item):
    agent.order(item)

def test_that_replays_nothing():
    pass
"""


class Team:
    """A directory of tests, and how pytest ends in it."""

    def __init__(self, directory: Path, gateway: FakeGateway) -> None:
        self.directory = directory
        self._gateway = gateway
        (directory / "agent.py").write_text(AGENT)
        self.write(TESTS)

    def write(self, tests: str) -> None:
        (self.directory / "test_agent.py").write_text(tests)

    def pytest(self, *words: str, gateway: bool = False) -> subprocess.CompletedProcess[str]:
        there = self._gateway.environment if gateway else {"CALLGATE_ADDRESS": "127.0.0.1:1", "CALLGATE_TOKEN": "none"}
        path = os.pathsep.join([str(REPOSITORY / "clients/python/src"), str(self.directory)])
        plugins = ["-p", "pytest_callgate", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, "-q", *words],
            cwd=self.directory,
            env={**os.environ, **there, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool
        def create_order(item: str) -> str:
            return f"order of {item}"

        yield gateway


@pytest.fixture
def team(tmp_path: Path, gateway: FakeGateway) -> Team:
    """It has recorded its agent's runs."""
    team = Team(tmp_path, gateway)
    done = team.pytest("--callgate-record", gateway=True)
    assert done.returncode == 0, done.stdout
    return team


def test_runs_are_recorded_once_and_replayed_without_a_gateway(team: Team) -> None:
    files = {str(one.relative_to(team.directory)) for one in team.directory.rglob("*.json")}
    assert files == {
        "runs/order.json",
        "runs/together.json",
        "recordings/test_agent.test_a_run_without_a_name.json",
        "recordings/test_agent.test_each-tea.json",
        "recordings/test_agent.test_each-a-b.json",
    }
    done = team.pytest()
    assert (done.returncode, "6 passed" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ('agent.order("rope", "tea")', "is made at another place"),
        ('agent.order("tea", "soap")', '/item: "rope" → "soap"'),
        ('agent.order_and_shrug("tea", "soap")', '/item: "rope" → "soap"'),
        ('agent.order("tea")', "create_order@1.0.0: is missing"),
        ('agent.order("tea", "rope", "rope")', "create_order@1.0.0: is made in addition"),
    ],
)
def test_a_run_that_differs_fails_its_test_and_says_where(team: Team, changed: str, told: str) -> None:
    team.write(TESTS.replace('assert agent.order("tea", "rope") == ["order of tea", "order of rope"]', changed))
    done = team.pytest("-k", "orders")
    assert (done.returncode, "1 failed" in done.stdout, "error" in done.stdout.splitlines()[-1]) == (1, True, False)
    assert told in done.stdout


def test_another_outcome_in_the_file_is_another_answer_for_the_agent(team: Team) -> None:
    file = team.directory / "runs/order.json"
    file.write_text(file.read_text().replace("order of rope", "no rope"))
    done = team.pytest("-k", "orders")
    assert (done.returncode, "no rope" in done.stdout) == (1, True)


def test_a_run_is_replayed_against_a_gateway_without_making_its_calls(team: Team, gateway: FakeGateway) -> None:
    before = len(gateway.calls)
    assert team.pytest("--callgate-live", gateway=True).returncode == 0
    assert len(gateway.calls) == before

    @gateway.tool
    def create_order(item: str, quantity: int = 1) -> str:
        return ""

    del create_order
    changed = team.pytest("--callgate-live", "-k", "orders", gateway=True)
    assert (changed.returncode, "ReplayMissed" in changed.stdout) == (1, True)


def test_a_recording_that_is_not_there_is_told_with_its_cure(team: Team) -> None:
    (team.directory / "runs/order.json").unlink()
    done = team.pytest("-k", "orders")
    assert (done.returncode, "pytest --callgate-record" in done.stdout) == (1, True)


def test_it_costs_a_run_of_pytest_nothing_that_replays_nothing(tmp_path: Path, gateway: FakeGateway) -> None:
    team = Team(tmp_path, gateway)
    team.write("import sys\n\ndef test_it():\n    assert not {'callgate', 'grpc', 'google.protobuf'} & set(sys.modules)\n")
    done = team.pytest()
    assert done.returncode == 0, done.stdout
    assert "callgate_recording(file, tools=())" in team.pytest("--markers").stdout


def test_the_sdk_installs_it_and_does_not_know_pytest() -> None:
    project = tomllib.loads((REPOSITORY / "clients/python/pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"pytest_callgate": "pytest_callgate"}
    assert not [one for one in project["dependencies"] if "pytest" in one]
    loads = "import sys, callgate, callgate.testing, callgate.testing.agent_runs; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], check=False).returncode == 0

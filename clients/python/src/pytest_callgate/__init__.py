"""Runs of agents in pytest: a test that is marked replays its recording, and fails where the run differs.

    @pytest.mark.callgate_recording("recordings/order.json")
    def test_the_agent_orders_tea():
        agent.main("order tea")  # its client comes from Client.from_environment()

    pytest --callgate-record     records the runs anew, against the gateway that the environment names
    pytest --callgate-live       replays them against that gateway, which knows the tools as they are now

pytest imports this module with each of its runs, so it knows nothing of the SDK: `callgate.testing.agent_runs` does, and comes
with the first test that needs it.
"""

import re
from collections.abc import Generator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from callgate.testing.agent_runs import RunUnderTest

MARKER, FIXTURE = "callgate_recording", "callgate_replay"
RECORD, LIVE = "--callgate-record", "--callgate-live"
_RUN = pytest.StashKey["RunUnderTest"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("callgate", "runs of agents (docs/testing-agents.md)")
    group.addoption(RECORD, action="store_true", help="record the runs anew, against the gateway that CALLGATE_ADDRESS names")
    group.addoption(LIVE, action="store_true", help="replay the runs against that gateway, instead of without any")


def pytest_configure(config: pytest.Config) -> None:
    told = (
        f"{MARKER}(file, tools=()): the test replays the recording of this file, which is named from its own directory; "
        "tools: patterns of those that the file is to have beside what was called, when it is recorded"
    )
    config.addinivalue_line("markers", told)


def pytest_itemcollected(item: pytest.Item) -> None:
    names: list[str] = getattr(item, "fixturenames", [])
    if item.get_closest_marker(MARKER) and FIXTURE not in names:
        names.insert(0, FIXTURE)


@pytest.fixture
def callgate_replay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator["RunUnderTest", None, None]:
    """The run of this test: `client()` and `async_client()` are of it, `environment` is for a program of its own.

    While the test runs, Client.from_environment() is of this run, too.
    """
    with _opened(request.node) as run:
        request.node.stash[_RUN] = run
        for name, value in run.environment.items():
            monkeypatch.setenv(name, value)
        yield run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """The test fails, and not its teardown, where the run differs. Where it has failed by itself, it says that beside."""
    run = item.stash.get(_RUN, None)
    if run is None:
        return (yield)
    with run.judged():
        return (yield)


def file_of(item: pytest.Item) -> Path:
    """As the marker names it, from the directory of the test; or else after the test."""
    marker = item.get_closest_marker(MARKER)
    if marker is not None and (len(marker.args) != 1 or not marker.kwargs.keys() <= {"tools"}):
        raise pytest.UsageError(f"{item.nodeid}: name one file, as @pytest.mark.{MARKER}('recordings/order.json')")
    usual = re.sub(r"[^\w.-]+", "-", f"{item.path.stem}.{item.name}").strip("-")
    named = marker.args[0] if marker is not None else f"recordings/{usual}.json"
    return item.path.parent / named


def _opened(item: pytest.Item) -> AbstractContextManager["RunUnderTest"]:
    runs, file, marker = import_module("callgate.testing.agent_runs"), file_of(item), item.get_closest_marker(MARKER)
    if item.config.getoption(RECORD):
        return runs.recording(file, tools=marker.kwargs.get("tools", ()) if marker else ())  # type: ignore[no-any-return]
    return runs.replaying_live(file) if item.config.getoption(LIVE) else runs.replaying(file)  # type: ignore[no-any-return]

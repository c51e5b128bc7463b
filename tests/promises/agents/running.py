"""How a test runs these agents, and the bank: each is a process of its own, to be killed and started again."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.house import House
from tests.promises.agents.bank import DOCUMENT

REPOSITORY = Path(__file__).parents[3]
#: Seconds.
ENDS_WITHIN = 60.0


class Bank:
    """The upstream's process, as a test sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def effects(self) -> dict[str, int]:
        return dict(self._ask("GET", "/effects"))

    def hold(self) -> None:
        self._ask("POST", "/hold")

    def release(self) -> None:
        self._ask("POST", "/release")

    def _ask(self, method: str, path: str) -> dict[str, int]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        try:
            connection.request(method, path)
            return dict(json.loads(connection.getresponse().read()))
        finally:
            connection.close()


@pytest.fixture
def bank(house: House) -> Iterator[Bank]:
    with _started("tests.promises.agents.bank") as process:
        assert process.stdout is not None
        bank = Bank(process.stdout.readline().strip())
        house.offer(DOCUMENT, "bank", bank.url)
        yield bank
        process.kill()


def _started(module: str, *words: str, python: str = sys.executable, **more: str) -> "subprocess.Popen[str]":
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "clients/python/src")])
    environment = {**os.environ, "PYTHONPATH": path, **more}
    command = [python, "-W", "ignore", "-m", module, *words]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)


Life = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def live(house: House, tmp_path: Path) -> Iterator[Life]:
    """Starts an agent as the operator of the house, each time in this test's run. With `stop_at`, it stops after so many
    answers, and waits for its end. `python`: its interpreter; `address`: that of what stands before the house, if anything
    does."""
    lives: list[subprocess.Popen[str]] = []

    def begin(
        module: str, *words: str, stop_at: int = 0, python: str = sys.executable, address: str = ""
    ) -> "subprocess.Popen[str]":
        settings = {"CALLGATE_ADDRESS": address or house.address, "CALLGATE_TOKEN_FILE": str(house.state.token)}
        settings |= {"AGENT_RUN": tmp_path.name, "STOP_AT": str(stop_at)}
        lives.append(_started(module, *words, python=python, **settings))
        return lives[-1]

    yield begin
    for life in lives:
        with life:
            life.kill()


def kill(agent: "subprocess.Popen[str]") -> None:
    with agent:
        assert agent.poll() is None, "the agent has ended by itself"
        agent.send_signal(signal.SIGKILL)
        assert agent.wait() == -signal.SIGKILL


def finish(agent: "subprocess.Popen[str]") -> list[str]:
    """What the agent says until its end."""
    with agent:
        said, _ = agent.communicate(timeout=ENDS_WITHIN)
        assert agent.returncode == 0
        return said.splitlines()

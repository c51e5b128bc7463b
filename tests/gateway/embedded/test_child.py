"""A child ends when it is told to, when it must, and when we die."""

import signal
import sys
from pathlib import Path

import pytest

from gateway.embedded.child import Child
from gateway.embedded.errors import PartFailed
from tests.conftest import wait_until
from tests.gateway.embedded.processes import Supervise, processes_of

STUBBORN = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
SUPERVISOR = """
import sys, time
from pathlib import Path
from gateway.embedded.child import Child

SLEEPER = "import time; print('asleep', flush=True); time.sleep(600)"
Child("sleeper", [sys.executable, "-c", SLEEPER, sys.argv[1]], log=Path(sys.argv[1]))
print("started", flush=True)
time.sleep(600)
"""


async def never() -> bool:
    return False


def text_of(log: Path) -> str:
    return log.read_text()


async def test_a_child_that_dies_before_it_is_ready_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("part", [sys.executable, "-c", "import sys; sys.exit('no such disk')"], log=tmp_path / "log")
    with pytest.raises(PartFailed, match=r"part ended with code 1 before it was ready(?s:.*)no such disk"):
        await child.wait_ready(never, 10)


async def test_a_child_that_is_never_ready_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    child = Child("part", [sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    try:
        with pytest.raises(PartFailed, match=r"not ready within 0\.1 s"):
            await child.wait_ready(never, 0.1)
    finally:
        await child.stop(grace=0)
    assert not child.alive


async def test_a_child_that_ignores_the_request_is_ended_after_the_grace(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Child("part", [sys.executable, "-c", STUBBORN], log=log)

    async def deaf() -> bool:
        return "deaf" in text_of(log)

    await child.wait_ready(deaf, 10)
    await child.stop(grace=0.1)
    await child.stop(grace=0.1)
    assert await child.wait() == -signal.SIGKILL


def test_a_killed_supervisor_leaves_no_child(tmp_path: Path, supervise: Supervise) -> None:
    log = tmp_path / "log"
    supervisor = supervise(SUPERVISOR, log)
    wait_until(lambda: "asleep" in text_of(log), seconds=5)
    assert len(processes_of(log)) == 2
    supervisor.kill()
    wait_until(lambda: not processes_of(log), seconds=5)


async def test_a_program_gets_no_environment_but_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "canary")
    log = tmp_path / "log"
    child = Child("part", [sys.executable, "-c", "import os; print(sorted(os.environ))"], log=log)
    await child.wait()
    assert "VAULT_TOKEN" not in text_of(log)

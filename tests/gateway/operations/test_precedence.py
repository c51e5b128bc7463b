"""Who comes first on a busy processor, with real processes. A nice value below 0 needs root, as a gateway is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.operations.precedence import come_first
from registry.confinement.process_bounds import NICE

UNPRIVILEGED = 65_534
GROUPED = Path("/proc/self/autogroup").exists()

#: Says how nice it is within bounds, where what has started it is not nice at all.
BOUNDED = """
import os
from gateway.operations.precedence import come_first
from registry.confinement.process_bounds import enter_bounds
come_first(-7)
enter_bounds(1 << 30)
print(os.getpriority(os.PRIO_PROCESS, 0))
"""

#: Says how nice it is, once it has asked for what only root may.
REFUSED = f"""
import os
from gateway.operations.precedence import come_first
os.setuid({UNPRIVILEGED})
come_first(-7)
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a session, and waits."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    yield process
    process.communicate(b"\n")


def said_by(program: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, start_new_session=True)
    return done.stdout.splitlines()


def test_a_process_comes_first_by_the_value_that_was_set(leader: subprocess.Popen[bytes]) -> None:
    come_first(-7, leader.pid)
    assert os.getpriority(os.PRIO_PROCESS, leader.pid) == -7


@pytest.mark.skipif(not GROUPED, reason="this kernel does not group sessions")
def test_so_does_the_session_that_it_leads(leader: subprocess.Popen[bytes]) -> None:
    come_first(-7, leader.pid)
    assert Path(f"/proc/{leader.pid}/autogroup").read_text().split()[-1] == "-7"


def test_zero_leaves_a_process_as_it_was_started(leader: subprocess.Popen[bytes]) -> None:
    os.setpriority(os.PRIO_PROCESS, leader.pid, 3)
    come_first(0, leader.pid)
    assert os.getpriority(os.PRIO_PROCESS, leader.pid) == 3


def test_what_is_not_allowed_is_logged_with_its_cure_and_changes_nothing() -> None:
    *told, nice = said_by(REFUSED)
    assert nice == str(os.nice(0))
    assert "not_before_others" in told[0]
    assert "CALLGATE_NICENESS=0" in told[0]


def test_what_reads_strangers_bytes_comes_after_all_whatever_its_gateway_does() -> None:
    assert said_by(BOUNDED) == [str(NICE)]

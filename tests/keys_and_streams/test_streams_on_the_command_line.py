"""`callgate call --events`: the data of each event as it comes, and how the call ended."""

import os
import subprocess
import sys

from tests.e2e.house import House
from tests.real_apis.recipes import HANG, answer
from tests.real_apis.test_text_answers import ran

from .paced import Paced
from .streaming import SHORT, SSE, SSE_PARTS, Streaming


def test_each_event_is_written_before_the_next_one_was_sent(streaming: Streaming, house: House) -> None:
    told = Paced(SSE + b"data: 1\n\n", b"data: 2\n\n")
    tool = streaming.told(told).name("ask")
    environment = {**os.environ, "CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN": house.state.token.read_text()}
    command = [sys.executable, "-P", "-c", "from gateway.cli import main; main()", "call", tool, "--events"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"1\n"
        told.go_on()
        rest, errors = running.communicate(timeout=30)
    assert (rest, running.returncode) == (b"2\n", 0), errors
    assert b"succeeded with HTTP status 200" in errors


def test_a_stream_that_breaks_off_says_so_and_repeats_nothing(streaming: Streaming, house: House) -> None:
    done = ran(house, "call", streaming.told([*SSE_PARTS, HANG], manifest=SHORT).name("ask"), "--events")
    assert (done.returncode, done.stdout) == (1, b"1\n2\n")
    assert b"timed out" in done.stderr


def test_an_answer_that_is_no_stream_is_written_as_ever(streaming: Streaming, house: House) -> None:
    done = ran(house, "call", streaming.told(answer(200, b'{"a": 1}')).name("ask"), "--events")
    assert (done.returncode, done.stdout) == (0, b'{"a": 1}\n')

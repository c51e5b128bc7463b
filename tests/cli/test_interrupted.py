"""Ctrl-C in `callgate call`: whenever it comes, what finds the call again is printed."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from grpc import StatusCode

from callgate.v1 import error_pb2, invocation_pb2
from tests.cli.conftest import Callgate, Gateway, Running
from tests.cli.running_up import CALLGATE, environment

KEY = "the key of this call"


@dataclass
class Left:
    code: int
    said: str


@pytest.fixture(autouse=True)
def held(gateway: Gateway) -> Iterator[None]:
    gateway.held = threading.Event()
    yield
    gateway.held.set()


@contextmanager
def calling(running: Running, *words: str) -> Iterator["subprocess.Popen[str]"]:
    extra = {"CALLGATE_ADDRESS": running.address, "CALLGATE_TOKEN": "a-token"}
    command = [*CALLGATE, "call", "orders_get", *words]
    process = subprocess.Popen(
        command, env=environment(extra), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def left(running: Running, *words: str) -> Left:
    """What is said where Ctrl-C comes while the call is under way."""
    with calling(running, *words) as process:
        assert running.gateway.invoked.wait(30)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert stdout == ""
    assert "Traceback" not in stderr
    return Left(process.returncode, stderr)


def test_a_call_that_is_under_way_is_told_with_id_key_and_how_to_look_at_it(running: Running, callgate: Callgate) -> None:
    told = left(running, "--key", KEY)
    assert told.code == 130
    assert KEY in told.said
    assert f"--key '{KEY}'" in told.said
    for command in ("show", "cancel"):
        assert f"callgate {command} inv-1" in told.said
        assert callgate(command, "inv-1").exit_code == 0


def test_a_key_that_the_command_has_made_is_told_too(running: Running, callgate: Callgate) -> None:
    told = left(running)
    (key,) = running.gateway.known
    assert told.said.count(key) == 2
    assert callgate("find", key).exit_code == 0


def test_a_call_that_had_ended_is_told_with_its_outcome_and_not_as_one_to_end(running: Running) -> None:
    running.gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": {"http_status": 201}}))
    told = left(running, "--key", KEY).said
    assert "inv-1 orders_get@1.0.0: succeeded with HTTP status 201" in told
    assert "callgate show inv-1" in told
    assert "callgate cancel" not in told


def test_a_call_that_was_not_accepted_can_be_looked_for_by_its_key(running: Running) -> None:
    running.gateway.accepts = False
    told = left(running, "--key", KEY)
    assert told.code == 130
    assert "has not accepted it" in told.said
    assert f"callgate find '{KEY}'" in told.said


def test_where_the_gateway_does_not_say_how_it_stands_the_key_does(running: Running) -> None:
    with calling(running, "--key", KEY) as process:
        assert running.gateway.invoked.wait(30)
        detail = error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_NOT_PERMITTED, message="not now.")
        running.gateway.refusal = StatusCode.PERMISSION_DENIED, detail
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "How it stands is not known: not now." in stderr
    assert f"callgate find '{KEY}'" in stderr

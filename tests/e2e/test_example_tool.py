"""The example of a container tool, from its source to a call, by the commands that its page names."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callgate import Effect, Succeeded, ToolFailed
from examples.calculator import build

from .house import House


@pytest.fixture(scope="session")
def calculator(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The shared house, with the example imported into it."""
    directory = tmp_path_factory.mktemp("calculator")
    shutil.copy(build.HERE / "openapi.yaml", directory)
    (directory / "callgate.toolset.yaml").write_text(build.manifest(build.build()))
    callgate(house, "toolset", "import", "--manifest", str(directory / "callgate.toolset.yaml"))
    return house


def callgate(house: House, *words: str) -> str:
    settings = {"CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN_FILE": str(house.state.token)}
    command = [str(Path(sys.executable).with_name("callgate")), *words]
    done = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_calculates_exactly(calculator: House) -> None:
    invocation = calculator.client.call("evaluate", {"expression": "1.0/3 + 1.0/6"})
    assert isinstance(invocation.outcome, Succeeded)
    assert json.loads(invocation.outcome.result.body) == {"value": "1/2", "kind": "untyped float"}
    assert invocation.outcome.result.matches_schema is True
    assert invocation.effect is Effect.PURE


def test_what_is_wrong_with_an_expression_is_told(calculator: House) -> None:
    outcome = calculator.client.call("evaluate", {"expression": "1 / 0"}).outcome
    assert isinstance(outcome, ToolFailed)
    assert "division by zero" in outcome.message


@pytest.mark.slow
def test_the_command_line_calls_it(calculator: House) -> None:
    assert '"42"' in callgate(calculator, "call", "evaluate", '{"expression": "6 * 7"}')

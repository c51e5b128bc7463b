"""The SDK in an environment of its own: its wheel, its two dependencies, nothing of the server's.

The interpreter runs isolated (-I): neither PYTHONPATH nor the working directory may lend it anything.
"""

import subprocess
import venv
from pathlib import Path

import pytest

SDK = Path(__file__).parent.parent
PROGRAM = """
import importlib.util
import callgate
from callgate import AsyncClient, Client
from callgate import anthropic, gemini, openai
from callgate.testing import FakeGateway
from callgate.v1 import invocation_service_pb2_grpc
absent = ("docker", "redis", "hvac", "opentelemetry", "gateway", "sandbox", "registry")
found = [name for name in absent if importlib.util.find_spec(name)]
assert not found, found
with Client() as client:
    pass
with FakeGateway() as gateway, gateway.client() as client:
    gateway.tool(name="ping")(lambda: "pong")
    assert client.call("ping", {}).json() == "pong"
assert "site-packages" in callgate.__file__
print("alone")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a bare environment into which only the wheel was installed."""
    home = tmp_path_factory.mktemp("alone")
    venv.create(home / "venv", with_pip=True)
    interpreter = home / "venv" / "bin" / "python"
    run(interpreter, "-I", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", home, SDK)
    (wheel,) = home.glob("callgate-*.whl")
    run(interpreter, "-I", "-m", "pip", "install", "--quiet", wheel)
    return interpreter


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_sdk_imports_and_works_without_anything_of_the_server(python: Path) -> None:
    assert run(python, "-I", "-W", "error", "-c", PROGRAM).strip() == "alone"

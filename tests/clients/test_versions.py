"""The frameworks that the adapters are tested with: those of the end of November 2026 or newer, and exactly what is locked."""

import json
import subprocess
from functools import cache

import pytest
from packaging.version import Version

from scripts.client_environments import ENVIRONMENTS, LOCKS
from scripts.lock_files import normal, read_lock
from tests.clients.stage import PythonOf

#: What was current when the adapters were asked for. `langchain-core` was at 1.8.4, which wants a `langchain-protocol` that no
#: index offered yet.
FLOORS = {
    "crewai": {"crewai": "1.15.30"},
    "autogen": {"autogen-core": "0.7.5"},
    "frameworks": {
        "agent-framework-core": "1.23",
        "anthropic": "2.14",
        "google-adk": "2.13",
        "langchain": "1.5.2",
        "langchain-core": "1.8.3",
        "langgraph": "1.2.24",
        "llama-index-core": "0.14.25",
        "openai-agents": "0.24",
        "pydantic-ai-slim": "2.68",
        "smolagents": "1.26",
    },
    "mcp": {"fastmcp": "4.2", "langchain": "1.5.2", "mcp": "2.3"},
}
TELL = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
CALL = """
import json, sys, callgate.adapters
from callgate.testing import FakeGateway
with FakeGateway() as gateway, gateway.client() as client:
    gateway.tool(name="ping")(lambda: "pong")
    answer = client.call("ping").json()
known = {"agents", "agent_framework", "autogen_core", "crewai", "langchain_core", "llama_index", "pydantic_ai", "smolagents"}
print(json.dumps({"answer": answer, "imported": sorted(known & sys.modules.keys())}))
"""

each = pytest.mark.parametrize("environment", ENVIRONMENTS)


@cache
def installed(python: str) -> dict[str, str]:
    said = subprocess.run([python, "-c", TELL], capture_output=True, check=True).stdout
    return {normal(name): version for name, version in json.loads(said).items()}


@pytest.mark.slow
@each
def test_each_framework_is_at_its_floor_or_newer(environment: str, python_of: PythonOf) -> None:
    found = installed(python_of(environment))
    assert [name for name, floor in FLOORS[environment].items() if Version(found[name]) < Version(floor)] == []


@pytest.mark.slow
@each
def test_an_environment_holds_what_its_lock_has_and_nothing_else(environment: str, python_of: PythonOf) -> None:
    # A lock has several versions of a distribution, where they are for different Pythons.
    locked = {(one.name, one.version) for one in read_lock(LOCKS / f"{environment}.txt")}
    assert installed(python_of(environment)).items() <= locked


@pytest.mark.slow
@each
def test_the_sdk_works_beside_the_frameworks_and_imports_none(environment: str, python_of: PythonOf) -> None:
    said = subprocess.run(
        [python_of(environment), "-W", "error", "-c", CALL], capture_output=True, check=True, text=True
    ).stdout
    assert json.loads(said) == {"answer": "pong", "imported": []}


def test_every_file_of_a_lock_has_its_hash() -> None:
    assert [one for name in ENVIRONMENTS for one in read_lock(LOCKS / f"{name}.txt") if not one.hashes] == []

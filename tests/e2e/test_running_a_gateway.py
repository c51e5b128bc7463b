"""The commands that README and page tell an operator, run as they stand there: only places and addresses are the test's own."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from callgate import Client, RetryPolicy
from gateway.embedded.ports import free_port
from tests.cli.running_up import environment, short_home, up
from tests.conftest import Bao, StartRedis

REPOSITORY = Path(__file__).parents[2]
README = REPOSITORY / "README.md"
PAGE = REPOSITORY / "docs" / "running-a-gateway.md"
#: The home of a stack, as README has it.
OF_UP = "~/.local/state/callgate"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

pytestmark = pytest.mark.slow


def blocks(page: Path, language: str, changes: Mapping[str, str]) -> list[str]:
    """The page's blocks in this language, with these words in the place of its own."""
    text = page.read_text()
    for word, other in changes.items():
        assert word in text, f"{page.name} no longer says {word!r}"
        text = text.replace(word, other)
    return [body for found, body in BLOCK.findall(text) if found == language]


def shell(script: str, directory: Path, **extra: str) -> str:
    """What a script prints, which is run to its end."""
    command = ["bash", "-euc", f"exec 2>&1; {script}"]
    environ = environment({"PATH": PATH, **extra})
    done = subprocess.run(command, cwd=directory, env=environ, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def started(script: str, log: Path) -> Iterator[None]:
    """A script that goes on until it is told to stop."""
    with log.open("wb") as output:
        process = subprocess.Popen(["bash", "-euc", script], env=environment({"PATH": PATH}), stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def test_a_gateway_starts_by_the_pages_own_commands(dockerd: docker.APIClient, bao: Bao, start_redis: StartRedis) -> None:
    with short_home() as home:
        (home / "vault-token").write_text(bao.root)
        address = f"127.0.0.1:{free_port()}"
        changes = {
            "/etc/callgate/vault-ca.pem": str(bao.ca_file),
            "/etc/callgate": f"{home}/etc",
            "/root/vault-token": f"{home}/vault-token",
            "/run/callgate": f"{home}/run",
            "/var/lib/callgate": f"{home}/state",
            "redis://127.0.0.1:6379/0": start_redis(),
            "https://127.0.0.1:8200": bao.url,
            "127.0.0.1:7443": address,
        }
        prepare, start, caller = blocks(PAGE, "bash", changes)
        authority, _, prepare = prepare.partition("\n")
        assert authority.startswith(f"export CALLGATE_VAULT_CA_FILE={bao.ca_file} ")
        words = shlex.split(prepare.replace("\\\n", " "))
        assert words[:4] == ["callgate", "up", "--home", f"{home}/etc"]
        with up(home / "etc", *words[4:], CALLGATE_VAULT_CA_FILE=str(bao.ca_file)):
            pass
        operator = (home / "etc" / "token").read_text()
        with started(start, home / "log"):
            with Client(address, token=operator, retry=RetryPolicy(patience=60)) as client:
                assert client.list_tools() == []
            shell(caller, home)
            with Client(address, token=(home / "planner-token").read_text().strip()) as client:
                assert client.list_tools() == []


def test_the_readmes_example_can_be_followed_and_prints_what_it_says(dockerd: docker.APIClient) -> None:
    with short_home() as home, up(home) as running:
        vault = json.loads(running.state.environment.read_text())["CALLGATE_VAULT_ADDRESS"]
        port, token = free_port(), home / "orders-token"
        changes = {"8080": str(port), "orders-token": str(token), "https://127.0.0.1:41125": vault, OF_UP: str(home)}
        changes[".venv/bin/activate"] = str(Path(sys.executable).with_name("activate"))
        _, _, example = blocks(README, "", changes)
        [snippet] = blocks(README, "python", {})
        commands, printed = taken_apart(example)
        calls = [*commands, f"python - <<'END'\n{snippet}END", "kill %1"]
        said = shell("\n".join(calls), REPOSITORY, CALLGATE_ADDRESS=running.address, CALLGATE_HOME=str(home))
        assert len(printed) == 4
        for line in printed:
            assert line in said.splitlines()
        assert "{'id': 'ord_1', 'item': 'hinge', 'quantity': 2, 'status': 'open'}" in said


def taken_apart(example: str) -> tuple[list[str], list[str]]:
    """The commands of a block, and the lines that they print."""
    lines = example.replace("\\\n", " ").splitlines()
    return [line[2:] for line in lines if line.startswith("$ ")], [line for line in lines if not line.startswith("$ ")]

"""The commands by which the page of that name starts a gateway, run as they stand there."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from callgate import Client, RetryPolicy
from gateway.embedded.ports import free_port
from tests.cli.running_up import environment, short_home, up
from tests.conftest import Bao, StartRedis
from tests.docs.conftest import PATH
from tests.docs.pages import DOCS, fences, shell

PAGE = DOCS / "running-a-gateway.md"

pytestmark = pytest.mark.slow


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
        prepare, start, caller = (fence.body for fence in fences(PAGE, changes) if fence.language == "bash")
        authority, _, prepare = prepare.partition("\n")
        assert authority.startswith(f"export CALLGATE_VAULT_CA_FILE={bao.ca_file} ")
        words = shlex.split(prepare.replace("\\\n", " "))
        assert words[:4] == ["callgate", "up", "--home", f"{home}/etc"]
        with up(home / "etc", *words[4:], CALLGATE_VAULT_CA_FILE=str(bao.ca_file)):
            pass
        operator = (home / "etc" / "token").read_text()
        with started(start, home / "log"):
            with Client(address, token=operator, retry=RetryPolicy(patience=60)) as client:
                assert list(client.tools.list()) == []
            shell(f"cd {home}; {caller}", {"PATH": PATH})
            with Client(address, token=(home / "planner-token").read_text().strip()) as client:
                assert list(client.tools.list()) == []

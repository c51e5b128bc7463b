"""Starts what the demo needs: the embedded stack, the shop, their secrets. It stops all that it starts."""

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from ssl import create_default_context

from callgate import Client
from examples.openbao import OpenBao, free_port, openbao
from examples.orders.server import serve
from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir

#: Outside the checkout, because the path of a Unix socket must be short. A killed demo leaves it, and the next one recovers.
HOME = Path("/run/callgate-demo")
ENGINE_HOME = Path("/run/callgate-demo-engine")

#: Who vouches for the stack's Vault.
VAULT_CA = HOME / "vault-ca.pem"

CALLGATE = Path(sys.executable).with_name("callgate")


class StageFailed(Exception):
    """A part that the demo needs did not start."""


@dataclass(frozen=True)
class Stage:
    client: Client
    shop: ThreadingHTTPServer
    openbao: OpenBao
    environment: dict[str, str]
    directory: Path

    @property
    def shop_address(self) -> str:
        return f"http://127.0.0.1:{self.shop.server_port}"

    @property
    def vault(self) -> OpenBao:
        """The stack's Vault, as its operator sees it."""
        address = json.loads((HOME / "environment.json").read_text())["CALLGATE_VAULT_ADDRESS"]
        return OpenBao(address, (HOME / "vault-root-token").read_text(), create_default_context(cafile=VAULT_CA))

    def callgate(self, *arguments: str) -> str:
        """Run the command line as a user does. Returns what it printed to stdout."""
        command = [str(CALLGATE), *arguments]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if ran.returncode != 0:
            raise StageFailed(f"callgate {' '.join(arguments)} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def tokens_left(self) -> int:
        """Tokens that the gateway minted for calls and that still live in Vault."""
        vault = self.vault
        accessors = vault.ask("GET", "auth/token/accessors?list=true")["data"]["keys"]
        found = [vault.ask("POST", "auth/token/lookup-accessor", {"accessor": accessor}) for accessor in accessors]
        return sum(one["data"]["path"].startswith("auth/token/create/callgate-") for one in found)


@contextmanager
def engine() -> Iterator[None]:
    """A container engine. `callgate up` would start one, too, but stop it before the demo can count what is left in it."""
    with StateDir(ENGINE_HOME).hold() as state:
        daemon = EngineDaemon(state, Path("/run/docker.sock"))
        try:
            asyncio.run(daemon.start())
            yield
        finally:
            asyncio.run(daemon.stop())
    shutil.rmtree(ENGINE_HOME, ignore_errors=True)


def boxes_left() -> int:
    """Containers of the demo's gateways, running or not."""
    command = ["docker", "ps", "--all", "--quiet", "--filter", f"label=callgate.run_dir={HOME / 'run'}"]
    return len(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


@contextmanager
def stage(gateway_image: str | None) -> Iterator[Stage]:
    """The stack and the shop, running. At the end they are stopped, and the engine keeps only an image."""
    token = secrets.token_urlsafe(24)
    shop = serve(token)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    with _stack(gateway_image) as address:
        environment = {**os.environ, "CALLGATE_HOME": str(HOME), "CALLGATE_ADDRESS": address, "COLUMNS": "120"}
        with Client.from_environment(environment) as client, openbao(HOME) as service:
            ready = Stage(client, shop, service, environment, HOME)
            ready.vault.ask("POST", "secret/data/orders", {"data": {"token": token}})
            yield ready
    shop.shutdown()
    shop.server_close()


def clean() -> None:
    """Remove what the demo would need if it had been killed."""
    shutil.rmtree(HOME, ignore_errors=True)


@contextmanager
def _stack(gateway_image: str | None) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    command = [str(CALLGATE), "up", "--home", str(HOME), "--listen", address, "--allow-private", "127.0.0.0/8"]
    if gateway_image:
        command += ["--gateway-image", gateway_image]
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    try:
        _wait_ready(up)
        yield address
    finally:
        up.terminate()
        up.wait(timeout=90)


def _wait_ready(up: "subprocess.Popen[str]") -> None:
    said = []
    for line in up.stdout or ():
        said.append(line)
        if line.strip() == "READY":
            threading.Thread(target=_forward, args=(up,), daemon=True).start()
            return
    raise StageFailed(f"callgate up ended with {up.wait()}:\n{''.join(said)}")


def _forward(up: "subprocess.Popen[str]") -> None:
    """Print what the stack says later, for example that it restarts a killed gateway."""
    for line in up.stdout or ():
        print(f"  [callgate up] {line.rstrip()}", flush=True)

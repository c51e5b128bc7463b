"""Two questions to neighbours, asked plainly: does the engine answer, does a gateway serve?

The engine is asked over HTTP rather than through its SDK, so that a diagnosis does not depend on what it diagnoses.
"""

import asyncio
import errno
import http.client
import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

_PATIENCE = 1.5  # seconds

#: One that needs boxes, one that needs the store alone, one that needs a sound principals file, too, and the name for calls
#: with a credential.
SERVICES = ("callgate.v1.InvocationService", "callgate.v1.CatalogService", "callgate.v1.PrincipalService", "credentials")


async def ask_engine(socket_path: Path, path: str) -> Any | None:
    """The engine's answer to GET `path`: parsed JSON, or the text of an answer that is none. None where it has no such thing.

    Raises OSError where no engine answers.
    """
    return await asyncio.to_thread(_get, socket_path, path)


async def serving(address: str) -> bool:
    """Whether the gateway at `host:port` says by the gRPC health protocol that it serves. Asked without TLS: for loopback."""
    return await unserved(address, ("",)) == ()


async def answering(address: str) -> bool:
    """Whether a gateway answers there, be it that it serves, or that it says that it cannot for now."""
    return await unserved(address, ("",)) is not None


async def unserved(address: str, services: Sequence[str] = SERVICES) -> tuple[str, ...] | None:
    """Those of the services that the gateway says it does not serve. None where no gateway answers."""
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        try:
            asked = [health.Check(health_pb2.HealthCheckRequest(service=name), timeout=_PATIENCE) for name in services]
            answers = [(await answer).status for answer in asked]
        except grpc.aio.AioRpcError:
            return None
    serving = health_pb2.HealthCheckResponse.SERVING
    return tuple(name for name, status in zip(services, answers, strict=True) if status != serving)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_PATIENCE)
        self.sock.connect(str(self._path))


def _get(socket_path: Path, path: str) -> Any | None:
    connection = _UnixConnection(socket_path)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(errno.EPROTO, f"what listens on {socket_path} does not speak HTTP") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        return None
    return json.loads(body) if response.headers.get_content_type() == "application/json" else body.decode(errors="replace")

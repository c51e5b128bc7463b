"""Does the door of MCP answer, and as what clients know it? Asked over HTTP, from this machine."""

import asyncio
import http.client
import json
import socket
import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

from gateway.model.mcp_settings import McpSettings
from gateway.operations.doctor import PartFinding

PART = "mcp"
_PATIENCE = 3.0  # seconds
#: RFC 9728's document: every client is told it.
_PATH = "/.well-known/oauth-protected-resource"


async def check_mcp(settings: McpSettings | None) -> list[PartFinding]:
    """Nothing where there shall be no such door."""
    if settings is None:
        return []
    cure = "Start the gateway: `callgate up`, or read its log (`door_ended`, `door_not_started`)."
    try:
        told = await asyncio.to_thread(_resource, settings)
    except (OSError, http.client.HTTPException, ValueError) as error:
        detail = f"does not answer on {settings.listen}: {error}" if str(error) else f"does not answer on {settings.listen}"
        return [PartFinding(PART, False, detail, cure)]
    if told != settings.resource:
        detail = f"answers on {settings.listen} as {told}, and shall be {settings.resource}"
        return [PartFinding(PART, False, detail, "Start the gateway again: it has read other settings.")]
    return [PartFinding(PART, True, f"answers on {settings.listen}, as {told}")]


def _resource(settings: McpSettings) -> object:
    """What it says that it is."""
    connection = _Connection(settings)
    try:
        connection.request("GET", _PATH, headers={"Host": urlsplit(settings.resource).netloc})
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != HTTPStatus.OK:
        raise ValueError(f"it answers {response.status}")
    return json.loads(body).get("resource")


class _Connection(http.client.HTTPConnection):
    """To where it listens, whatever it is called. Its certificate is for that name, and is not looked at."""

    def __init__(self, settings: McpSettings) -> None:
        super().__init__("localhost", timeout=_PATIENCE)
        self._settings = settings

    def connect(self) -> None:
        listen = self._settings.listen
        if listen.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(_PATIENCE)
            self.sock.connect(listen.removeprefix("unix:"))
        else:
            host, _, port = listen.rpartition(":")
            self.sock = socket.create_connection((host.strip("[]"), int(port)), _PATIENCE)
        if self._settings.tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = context.wrap_socket(self.sock)

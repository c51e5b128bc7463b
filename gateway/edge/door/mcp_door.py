"""The process that clients of MCP by HTTP connect to. It ends with the gateway, and is started again should it end alone."""

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from gateway.edge.door.certificates import Certificates
from gateway.edge.door.kept_process import KeptProcess
from gateway.edge.door.listening import listen_on, no_more
from gateway.model.mcp_settings import McpSettings

#: -P keeps a directory named `gateway` in the operator's working directory out of it.
COMMAND = (sys.executable, "-P", "-m", "gateway.edge.mcp.http")
#: Of the gateway's environment it gets these alone: it needs no setting, and strangers speak to it.
PASSED_ON = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")
#: Seconds: it is Python.
READY_WITHIN = 60.0
#: Of one request. Arguments are at most 1 MiB, and many clients write what is no ASCII with twice its bytes.
BODY_BYTES = 2 << 20


@dataclass(slots=True)
class McpDoor:
    """Offers what the gateway at the socket `gateway` has to clients of MCP."""

    settings: McpSettings
    gateway: Path
    certificates: Certificates | None = None
    _: KW_ONLY
    #: Its nice value, which the gateway's process has, too. 0: as it is started.
    niceness: int = 0
    _listeners: Sequence[socket.socket] = field(default=(), init=False)
    _process: KeptProcess | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def serves(self) -> bool:
        return self._process is not None and self._process.serves

    async def open(self) -> None:
        """Let clients in. Raises DoorFailed, OSError where it cannot listen, and ValueError where that is no address."""
        self._listeners = await listen_on(self.settings.listen)
        descriptors = [listener.fileno() for listener in self._listeners]
        self._process = KeptProcess(
            "mcp",
            (*COMMAND, json.dumps(self._plan(descriptors))),
            keep=descriptors,
            niceness=self.niceness,
            ready_within=READY_WITHIN,
            environment=_environment(),
        )
        await self._process.open()

    def reload(self) -> None:
        """Read the certificate again, for connections that are made from now on."""
        if self.certificates and self._process and self.certificates.can_be_read():
            self._process.send_signal(signal.SIGHUP)

    async def close(self, grace: float) -> None:
        """Take no more clients, and let what is being answered come to its end for `grace` seconds."""
        no_more(self._listeners)
        if self._process is not None:
            await self._process.close(grace)

    def _plan(self, descriptors: Sequence[int]) -> dict[str, object]:
        plan: dict[str, object] = {
            "gateway": f"unix:{self.gateway}",
            "listeners": descriptors,
            "resource": self.settings.resource,
            "names": sorted(self.settings.names),
            "origins": sorted(self.settings.origins),
            "body_bytes": BODY_BYTES,
        }
        if self.certificates:
            plan |= {"certificate": str(self.certificates.certificate), "key": str(self.certificates.key)}
        return plan


def _environment() -> dict[str, str]:
    """With what telemetry is told by."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("OTEL_")}

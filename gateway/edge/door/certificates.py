"""The server's certificate, which can be renewed while the gateway runs: connections made after that get the new one."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import structlog

log = structlog.get_logger(__name__)

CURE = "Let the files have a certificate and its own key, in PEM. Connections are made with the ones that were read before."


@dataclass(slots=True)
class Certificates:
    certificate: Path
    key: Path
    _new: Any = field(default=None, init=False)

    def credentials(self) -> Any:
        """For the server. Raises OSError."""
        return grpc.dynamic_ssl_server_credentials(self._read(), self._fetch)

    def reload(self) -> None:
        """Read the files again, and say what came of it."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
            self._new = self._read()
        except (OSError, ValueError) as error:  # of ssl, what it cannot read is an OSError, too
            log.error("certificate_refused", error=f"{type(error).__name__}: {error}", cure=CURE)  # noqa: TRY400 - no defect
        else:
            log.info("certificate_read", file=str(self.certificate))

    def _read(self) -> Any:
        return grpc.ssl_server_certificate_configuration([(self.key.read_bytes(), self.certificate.read_bytes())])

    def _fetch(self) -> Any:
        """Asked by gRPC for each connection, from a thread of its own. None: nothing has changed."""
        new, self._new = self._new, None
        return new

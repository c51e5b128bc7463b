"""The server's certificate, which can be renewed while the gateway runs: connections made after that get the new one."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

CURE = "Let the files have a certificate and its own key, in PEM. Connections are made with the ones that were read before."


@dataclass(frozen=True, slots=True)
class Certificates:
    certificate: Path
    key: Path

    def can_be_read(self) -> bool:
        """Whether the files have what can be served; says so in the log."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except (OSError, ValueError) as error:  # of ssl, what it cannot read is an OSError, too
            log.error("certificate_refused", error=f"{type(error).__name__}: {error}", cure=CURE)  # noqa: TRY400 - no defect
            return False
        log.info("certificate_read", file=str(self.certificate))
        return True

"""Who may vouch for upstreams beside the system's authorities: the operator's own, as CALLGATE_CA_FILE has them now."""

import ssl
from pathlib import Path

from gateway.secrets.operator_file import OperatorFile

#: Bytes. Each request by https carries them into its box.
LONGEST = 1 << 20


class TrustedAuthorities:
    """Raises ConfigInvalid where the file is there to be read, and is no PEM file of certificates."""

    def __init__(self, file: Path | None) -> None:
        self._file = OperatorFile(file, "ca_file", certificates) if file else None

    def pem(self) -> str:
        """Empty where an operator names none."""
        return self._file.value() if self._file else ""


def certificates(text: str) -> str:
    """The text, if it is of PEM certificates that can be read. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError(f"it has more than {LONGEST:,} bytes: name your own authorities, and not a bundle of all")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise ValueError("it is no PEM file of certificates") from None
    return text

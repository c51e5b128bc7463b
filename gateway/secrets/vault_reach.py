"""How boxes reach Vault: under which address, and who may vouch for what answers there."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.model.errors import VaultUnavailable

#: Bytes. Each job with a credential carries the file.
LONGEST_AUTHORITIES = 1 << 20


@dataclass(slots=True)
class VaultReach:
    """`address` is an https URL, `namespace` Vault's own ("": its root). Without a `ca_file`, the system's count."""

    address: str
    ca_file: Path | None = None
    namespace: str = ""
    _read: tuple[object, str] = field(default=(None, ""), init=False, repr=False)

    def authorities(self) -> str:
        """The file's PEM text, read again when it has changed; "" without a file. Raises VaultUnavailable."""
        if self.ca_file is None:
            return ""
        try:
            stat = self.ca_file.stat()
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._read[0] != version:
                self._read = (version, _checked(self.ca_file.read_text("ascii")))
        except (OSError, ValueError):
            raise VaultUnavailable(
                f"the authorities for Vault in {self.ca_file} cannot be read, or are no certificates",
                cure="Let CALLGATE_VAULT_CA_FILE name a readable PEM file with the authority of Vault's certificate.",
            ) from None
        return self._read[1]


def _checked(text: str) -> str:
    if "-----BEGIN CERTIFICATE-----" not in text or len(text) > LONGEST_AUTHORITIES:
        raise ValueError("not a PEM file of authorities, or too large for a job")
    return text

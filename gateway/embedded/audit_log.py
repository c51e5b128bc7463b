"""The file in which Vault writes down every request: bounded, so that it does not fill the disk, which would stop Vault.

Vault answers nothing that it could not write down. So the oldest part goes, and with it the trace of what is that old: who must
keep it sends it elsewhere.
"""

from pathlib import Path

#: Bytes of a part. A call with a credential takes about ten thousand.
PART = 64 << 20
#: Parts that are kept beside the one that is written.
KEPT = 15


class AuditLog:
    def __init__(self, path: Path, *, part: int = PART, kept: int = KEPT) -> None:
        self.path = path
        self._part = part
        self._kept = kept

    def rotate_if_large(self) -> bool:
        """Begin another part where this one is full. True: Vault must be told to open the file anew. Raises OSError."""
        if not self.path.exists() or self.path.stat().st_size < self._part:
            return False
        for number in range(self._kept - 1, 0, -1):
            if self._numbered(number).exists():
                self._numbered(number).replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        return True

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

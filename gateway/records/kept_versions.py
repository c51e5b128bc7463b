"""Tool versions that were read once: they never change, so they need not be read again."""

from collections import OrderedDict

from registry.tool import ToolVersion
from registry.versions import decode

KEPT_BYTES = 8 << 20
#: As they lie in Redis; decoded they take some six times as much.


class KeptVersions:
    """Decoded versions, those last used, up to a bound in bytes."""

    def __init__(self) -> None:
        self._versions: OrderedDict[tuple[str, str], tuple[ToolVersion, int]] = OrderedDict()
        self._bytes = 0

    def __contains__(self, key: tuple[str, str]) -> bool:
        return key in self._versions

    def get(self, key: tuple[str, str]) -> ToolVersion:
        self._versions.move_to_end(key)
        return self._versions[key][0]

    def keep(self, key: tuple[str, str], encoded: bytes | None) -> ToolVersion:
        version = decode(encoded or b"")
        self._versions[key] = (version, len(encoded or b""))
        self._bytes += len(encoded or b"")
        while self._bytes > KEPT_BYTES and len(self._versions) > 1:
            _, (_, size) = self._versions.popitem(last=False)
            self._bytes -= size
        return version

"""Tool versions that were read once: they never change, so they need not be read again."""

from collections import OrderedDict
from dataclasses import replace

from registry.credentials.kinds import kind_of
from registry.model.tool import ToolVersion
from registry.model.versions import decode

#: As they lie in Redis; decoded they take some six times as much.
KEPT_BYTES = 2 << 20

#: Home, owner, name and number.
Key = tuple[str, str, str, str]


class VersionCache:
    """Those last used, up to a bound in bytes. What is kept now may be gone after the next `keep`."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._versions: OrderedDict[Key, tuple[ToolVersion, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> ToolVersion | None:
        if key not in self._versions:
            return None
        self._versions.move_to_end(key)
        return self._versions[key][0]

    def keep(self, key: Key, encoded: bytes | None, *, owner: str) -> ToolVersion:
        """Decode a version of this owner's and remember it. Raises VersionUnreadable, also where there is none."""
        version = replace(decode(encoded or b""), owner=owner)
        for binding in version.draft.credentials:
            kind_of(binding)  # one of a later release is refused here, and not in the middle of a call
        self._forget(key)
        self._versions[key] = (version, len(encoded or b""))
        self._bytes += len(encoded or b"")
        while self._bytes > self._bound:
            self._forget(next(iter(self._versions)))
        return version

    def _forget(self, key: Key) -> None:
        _, size = self._versions.pop(key, (None, 0))
        self._bytes -= size

"""The lock of a client's session: checked once, with the first request that it is about, or when the client is entered."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from os import PathLike
from typing import Any

from callgate import checks
from callgate.lock import Lock
from callgate.lock_check import require
from callgate.types import Tool, ToolName


class Locking:
    """`get` asks the gateway for a tool version, whatever the lock says."""

    def __init__(self, lock: Lock | None, get: Callable[[str], Awaitable[Tool]]) -> None:
        self.lock = lock
        self._get = get
        self._checked = False

    async def check(self) -> None:
        """Raises LockDiffers, each time that the gateway differs: the client is of no use then."""
        if self.lock is not None and not self._checked:
            await require(self.lock, self._get)
            self._checked = True

    async def reference(self, tool: str) -> str:
        """As the gateway is asked for it: with the locked version, where there is a lock. Raises ToolNotLocked, LockDiffers."""
        if self.lock is None:
            return tool
        await self.check()
        return self.lock.locked(checks.required("tool", tool)).reference

    def has(self, name: str, digest: str | None = None) -> bool:
        """Whether the client may call the tool, and in the version of the digest."""
        if self.lock is None:
            return True
        locked = self.lock.tools.get(name)
        return locked is not None and digest in (None, locked.digest)

    def named(self, listed: ToolName) -> ToolName:
        """What the gateway has listed, in the version that the client calls."""
        locked = self.lock.tools[listed.name] if self.lock is not None else None
        return replace(listed, version=locked.version, digest=locked.digest) if locked else listed


def lock_from(given: Any) -> Lock | None:
    """Of a path, a Lock or None. Raises LockInvalid, RequestInvalid."""
    if given is None or isinstance(given, Lock):
        return given
    if not isinstance(given, str | PathLike) or not str(given):
        raise checks.invalid("`lock` must be the path of a lock file, or a Lock", "Give `callgate.lock`, or leave it out.")
    return Lock.read(given)

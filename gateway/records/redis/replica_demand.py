"""How many replicas must have what is acknowledged, such as a permission: WAIT, or WAITAOF, on the connection that wrote it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from gateway.model.errors import ReplicasBehind

#: Milliseconds after which a replica is asked again whether it has written: it answers before it does, and by itself only once
#: a second.
ASK_AGAIN = 20


@dataclass(frozen=True, slots=True)
class ReplicaDemand:
    """`count` replicas within so many milliseconds. `fsynced`: on their disks, and on the primary's."""

    count: int
    milliseconds: int
    fsynced: bool = False

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    async def try_out(self, ask: Callable[..., Awaitable[Any]]) -> None:
        """Ask for the word of no replica, which any server gives at once that knows the command and lets the user send it."""
        if self.count:
            await (ask("WAITAOF", 0, 0, 1) if self.fsynced else ask("WAIT", 0, 1))

    async def met(self, ask: Callable[..., Awaitable[Any]]) -> None:
        """Return once they have all that was written over the connection of `ask`. Raises ReplicasBehind."""
        end = monotonic() + self.seconds
        while (have := await self._have(ask, end)) < self.count:
            if monotonic() >= end:
                what = "written to disk what was to be kept" if self.fsynced else "what was to be kept"
                raise ReplicasBehind(f"{have} of {self.count} replicas of Redis had {what} within {self.milliseconds} ms")

    async def _have(self, ask: Callable[..., Awaitable[Any]], end: float) -> int:
        left = max(1, int((end - monotonic()) * 1000))
        if not self.fsynced:
            return int(await ask("WAIT", self.count, left))
        here, there = await ask("WAITAOF", 1, self.count, min(left, ASK_AGAIN))
        return int(there) if int(here) else 0

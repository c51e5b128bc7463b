"""How many replicas must have a permission before it is given: WAIT, or WAITAOF, on the connection that wrote it."""

from dataclasses import dataclass
from typing import Any

from gateway.model.errors import ReplicasBehind


@dataclass(frozen=True, slots=True)
class ReplicaDemand:
    """`count` replicas within so many milliseconds. `fsynced`: on their disks, and on the primary's."""

    count: int
    milliseconds: int
    fsynced: bool = False

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    @property
    def command(self) -> tuple[str | int, ...]:
        """What waits for all that this connection has written."""
        return ("WAITAOF", 1, self.count, self.milliseconds) if self.fsynced else ("WAIT", self.count, self.milliseconds)

    def require(self, reply: Any) -> None:
        """Raise ReplicasBehind where the reply tells of fewer."""
        have = int(reply[1] if self.fsynced else reply)
        if have < self.count or (self.fsynced and int(reply[0]) < 1):
            what = "written the permission to disk" if self.fsynced else "the permission"
            raise ReplicasBehind(f"{have} of {self.count} replicas of Redis had {what} within {self.milliseconds} ms")

"""Where boxes and callers are matched: a box goes to the caller whose turn it is, or waits for the next caller."""

from collections import Counter
from collections.abc import Callable

from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.wait_queue import WaitQueue
from sandbox.pool.warm_boxes import WarmBoxes


class Stockroom:
    """`clock` returns seconds; a box may wait `oldest` seconds. One tenant may hold `tenant_most` boxes at one time."""

    def __init__(self, clock: Callable[[], float], *, oldest: float, tenant_most: int) -> None:
        self.warm = WarmBoxes(clock, oldest)
        self.waiters = WaitQueue(self._may_hold)
        self.tenant_most = tenant_most
        self._held: Counter[str] = Counter()

    def must_wait(self, tenant: str, spec: BoxSpec) -> bool:
        """Whether a newcomer must wait even where a box does: other callers come first, or its tenant holds its share."""
        return self.waiters.wants(spec) or not self._may_hold(tenant)

    def take(self, tenant: str, spec: BoxSpec) -> SocketBox | None:
        """The box of this kind that has waited longest. The tenant holds it until `release`."""
        box = self.warm.take(spec)
        if box is not None:
            self._held[tenant] += 1
        return box

    def offer(self, box: SocketBox) -> None:
        """Give the box to the caller whose turn it is, whose tenant then holds it; where there is none, let it wait."""
        waiter = self.waiters.give(box)
        if waiter is None:
            self.warm.put(box)
        else:
            self._held[waiter.tenant] += 1

    def release(self, tenant: str) -> None:
        """The tenant holds one box less."""
        self._held[tenant] -= 1

    def beyond_share(self, tenant: str, callers: int) -> int:
        """How many boxes of the tenant must be released before the last of so many more of its callers may have one."""
        return max(0, self._held[tenant] + callers - self.tenant_most)

    def _may_hold(self, tenant: str) -> bool:
        return self._held[tenant] < self.tenant_most

"""Where boxes and callers are matched: a box goes to the caller whose turn it is, or waits for the next caller."""

from collections import Counter
from collections.abc import Callable

from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.box.box import SocketBox
from sandbox.pool.reserve import Reserve
from sandbox.pool.wait_queue import WaitQueue
from sandbox.pool.warm_boxes import WarmBoxes


class Stockroom:
    """`clock` returns seconds; a box may wait `oldest` seconds. One tenant may hold `tenant_most` boxes at one time.

    Of the runner's boxes, of which `kept_of` wait as a rule, the last are a reserve for tenants that take few.
    """

    def __init__(self, clock: Callable[[], float], *, oldest: float, tenant_most: int, kept_of: int = 0) -> None:
        self.warm = WarmBoxes(clock, oldest)
        self.waiters = WaitQueue(self._may_hold)
        self.tenant_most = tenant_most
        self.reserve = Reserve(clock, kept_of, self.waiters.waiting)
        self._held: Counter[str] = Counter()

    def must_wait(self, tenant: str, spec: BoxSpec) -> bool:
        """Whether a newcomer must wait even where a box does: other callers come first, or the box is not for its tenant."""
        if not self._may_take(tenant, spec):
            return True
        return self.waiters.wants(spec, self._takes(spec) if self.warm.count(spec) else None)

    def take(self, tenant: str, spec: BoxSpec) -> SocketBox | None:
        """The box of this kind that has waited longest. The tenant holds it until `release`."""
        box = self.warm.take(spec)
        if box is not None:
            self._note(tenant)
        return box

    def offer(self, box: SocketBox) -> None:
        """Give the box to the caller whose turn it is, whose tenant then holds it; where there is none, let it wait."""
        self.warm.put(box)
        self.serve(box.spec)

    def serve(self, spec: BoxSpec = RUNNER) -> None:
        """Give the boxes that wait to callers who may have them by now, in turn. Each one's tenant then holds it."""
        while (box := self.warm.fit(spec)) and (waiter := self.waiters.give(box, self._takes(spec))):
            self.warm.remove(box)
            self._note(waiter.tenant)

    def release(self, tenant: str) -> None:
        """The tenant holds one box less."""
        self._held[tenant] -= 1
        self.serve()

    def free(self, tenant: str) -> int:
        """How many of the runner's boxes wait for callers of this tenant, too."""
        return max(0, self.warm.count(RUNNER) - (0 if self.reserve.is_for(tenant) else self.reserve.boxes))

    def beyond_share(self, tenant: str, callers: int) -> int:
        """How many boxes of the tenant must be released before the last of so many more of its callers may have one."""
        return max(0, self._held[tenant] + callers - self.tenant_most)

    def _may_hold(self, tenant: str) -> bool:
        return self._held[tenant] < self.tenant_most

    def _may_take(self, tenant: str, spec: BoxSpec) -> bool:
        """Whether one of the boxes that wait now may be this tenant's: not where they are kept for tenants that take few."""
        if not self._may_hold(tenant):
            return False
        return spec != RUNNER or self.warm.count(spec) > self.reserve.boxes or self.reserve.is_for(tenant)

    def _note(self, tenant: str) -> None:
        """The tenant has taken a box, and holds it."""
        self._held[tenant] += 1
        self.reserve.note(tenant)

    def _takes(self, spec: BoxSpec) -> Callable[[str], bool]:
        return lambda tenant: self._may_take(tenant, spec)

"""The callers that wait for a box, and whose turn it is: tenants take turns, and within a tenant the first to come is first."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sandbox.api.errors import SandboxError
from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A caller that waits for a box of one kind."""

    tenant: str
    spec: BoxSpec
    box: asyncio.Future[SocketBox]

    @property
    def served(self) -> bool:
        """Whether the caller has its answer: a box, or why there is none."""
        return self.box.done()

    @property
    def given(self) -> SocketBox | None:
        """The box that the caller was given, if any."""
        has_box = self.box.done() and not self.box.cancelled() and self.box.exception() is None
        return self.box.result() if has_box else None

    def refuse(self, error: SandboxError) -> None:
        if not self.served:
            self.box.set_exception(error)


class WaitQueue:
    """`may_hold` tells whether a tenant may have one more box."""

    def __init__(self, may_hold: Callable[[str], bool]) -> None:
        self._may_hold = may_hold
        self._lines: OrderedDict[str, list[Waiter]] = OrderedDict()  # the tenant whose turn it is comes first

    def __iter__(self) -> Iterator[Waiter]:
        return (waiter for line in list(self._lines.values()) for waiter in line if not waiter.served)

    def enter(self, tenant: str, spec: BoxSpec) -> Waiter:
        waiter = Waiter(tenant, spec, asyncio.get_running_loop().create_future())
        self._lines.setdefault(tenant, []).append(waiter)
        return waiter

    def leave(self, waiter: Waiter) -> None:
        line = self._lines[waiter.tenant]
        line.remove(waiter)
        if not line:
            del self._lines[waiter.tenant]

    def give(self, box: SocketBox, may: Callable[[str], bool] | None = None) -> Waiter | None:
        """Give the box to the caller whose turn it is, of the tenants that may have it. Returns that caller, or None."""
        waiter = next(self._of(box.spec, may), None)
        if waiter is not None:
            waiter.box.set_result(box)
            self._lines.move_to_end(waiter.tenant)
        return waiter

    def wanted(self) -> Counter[BoxSpec]:
        """How many boxes of each kind eligible callers wait for. The kind whose turn it is comes first."""
        return Counter(waiter.spec for waiter in self._eligible())

    def wants(self, spec: BoxSpec, may: Callable[[str], bool] | None = None) -> bool:
        """Whether an eligible caller waits for a box of this kind, of the tenants that may have it."""
        return any(True for _ in self._of(spec, may))

    def waiting(self, tenant: str) -> int:
        """How many callers of this tenant wait."""
        return sum(not waiter.served for waiter in self._lines.get(tenant, ()))

    def ahead(self, tenant: str) -> int:
        """How many callers are served before a newcomer of this tenant."""
        own = self.waiting(tenant)
        return own + sum(min(own + 1, self.waiting(other)) for other in self._lines if other != tenant)

    def refuse(self, make_error: Callable[[], SandboxError], spec: BoxSpec | None = None) -> None:
        """Refuse all callers, or all that wait for this kind. Each gets an error of its own, because each raises it."""
        for waiter in list(self):
            if spec in (None, waiter.spec):
                waiter.refuse(make_error())

    def _of(self, spec: BoxSpec, may: Callable[[str], bool] | None) -> Iterator[Waiter]:
        return (one for one in self._eligible() if one.spec == spec and (may is None or may(one.tenant)))

    def _eligible(self) -> Iterator[Waiter]:
        return (waiter for waiter in self if self._may_hold(waiter.tenant))

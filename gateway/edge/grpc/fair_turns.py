"""Work of which only so much is done at one time: tenants take turns, and no tenant has more than a short line of waiters."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.model.errors import BudgetExhausted


class FairTurns:
    """`most` turns at one time; of each tenant, `line` callers may wait for theirs. `work` names it in the plural."""

    def __init__(self, work: str, *, most: int, line: int) -> None:
        self._work = work
        self._free = most
        self._longest = line
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # the tenant whose turn it is comes first

    @asynccontextmanager
    async def turn(self, tenant: str) -> AsyncIterator[None]:
        """Hold one turn. Raises BudgetExhausted. For a task that ends in time: a generator that gRPC has left does not."""
        await self.take(tenant)
        try:
            yield
        finally:
            self.pass_on()

    async def take(self, tenant: str) -> None:
        """Return when it is the caller's turn, which it must `pass_on`. Raises BudgetExhausted."""
        if self._free:
            self._free -= 1
            return
        line = self._lines.setdefault(tenant, deque())
        if len(line) >= self._longest:
            raise BudgetExhausted(f"{len(line)} {self._work} of this tenant wait already")
        line.append(turn := asyncio.get_running_loop().create_future())
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(tenant, turn)
            else:  # it was given in the very moment in which its caller gave up
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Give a turn to the caller whose turn it is."""
        while self._lines:
            tenant, line = self._lines.popitem(last=False)
            turn = line.popleft()
            if line:
                self._lines[tenant] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _leave(self, tenant: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(tenant)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._lines[tenant]

"""How many calls a tenant may have under way at once.

The simplest budget that stops a runaway: a bound on concurrency, counted in this process. Costs, rates and runs are not
counted yet."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.model.errors import BudgetExhausted
from gateway.model.principal import Principal


class Budget:
    def __init__(self, calls_at_once: int) -> None:
        self._limit = calls_at_once
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def reserve(self, principal: Principal) -> Iterator[None]:
        """Count one call until the block ends. Raises BudgetExhausted."""
        if self._under_way[principal.tenant] >= self._limit:
            raise BudgetExhausted(f"{self._limit} calls of this tenant are under way already")
        self._under_way[principal.tenant] += 1
        try:
            yield
        finally:
            self._under_way[principal.tenant] -= 1

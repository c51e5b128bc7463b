"""Answers that may be given again for a while: the protocol, and the fake.

A key is of one tenant and one caller: what one may see another need not.
"""

import time
from collections.abc import Callable
from typing import Protocol

from gateway.model.invocation import Outcome


class AnswerCache(Protocol):
    """Every method raises StoreUnavailable where the store does not answer."""

    async def get(self, tenant: str, key: str) -> Outcome | None: ...

    async def put(self, tenant: str, key: str, outcome: Outcome, seconds: float) -> None: ...


class MemoryAnswerCache:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[Outcome, float]] = {}

    async def get(self, tenant: str, key: str) -> Outcome | None:
        outcome, until = self._kept.get((tenant, key), (None, 0.0))
        return outcome if self._clock() < until else None

    async def put(self, tenant: str, key: str, outcome: Outcome, seconds: float) -> None:
        self._kept[tenant, key] = outcome, self._clock() + seconds

"""The heartbeat of an invocation under way: it prolongs the lease while an attempt or a fallback runs, and stops that when the
invocation is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog

from gateway.model.errors import StoreUnavailable
from gateway.records.ledger.protocol import FencedLease, Ledger

log = structlog.get_logger(__name__)
T = TypeVar("T")


class LeaseHeartbeat:
    """`lease` in seconds. It beats three times in that; what takes less than the first has no need of it."""

    def __init__(self, ledger: Ledger, lease: float) -> None:
        self.check_wanted = asyncio.Event()
        self._ledger = ledger
        self._lease = lease
        self._begin: Callable[[], None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._lost: BaseException | None = None

    def check_cancellation(self) -> None:
        """Look at once whether the invocation was cancelled."""
        self.check_wanted.set()
        if self._begin is not None and self._beating is None:
            self._begin()

    async def beside(self, held: FencedLease, doing: Awaitable[T]) -> T | None:
        """What `doing` answers, or None where the invocation was cancelled first. Raises Fenced where the lease is lost.

        In both cases `doing` is stopped.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as scope:
                self._begin = lambda: self._start(held, scope)
                first = loop.call_later(self._lease / 3, self._begin)
                if self.check_wanted.is_set():
                    self._begin()
                return await doing
        except TimeoutError:
            if not scope.expired():
                raise
            if self._lost is not None:
                raise self._lost from None
            return None
        finally:
            first.cancel()
            self._stop()

    def _start(self, held: FencedLease, scope: asyncio.Timeout) -> None:
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat(held))
            self._beating.add_done_callback(partial(self._end, scope))

    def _end(self, scope: asyncio.Timeout, beating: "asyncio.Task[None]") -> None:
        """The invocation was cancelled, or the lease is lost."""
        lost = None if beating.cancelled() else beating.exception()
        if beating is self._beating:
            self._lost = lost
            scope.reschedule(asyncio.get_running_loop().time())

    def _stop(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
        self._begin = self._beating = None

    async def _beat(self, held: FencedLease) -> None:
        while not await self._is_to_end(held):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease / 3):
                    await self.check_wanted.wait()

    async def _is_to_end(self, held: FencedLease) -> bool:
        self.check_wanted.clear()
        try:
            return await self._ledger.heartbeat(held, lease=self._lease)
        except StoreUnavailable:
            log.warning("heartbeat_missed", invocation=held.id)
            return False

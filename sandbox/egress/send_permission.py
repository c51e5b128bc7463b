"""The permission to send, which the host itself asks for: once, when the first connection needs it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from sandbox.api.ports import Permit

_T = TypeVar("_T")


class SendPermission:
    """A program cannot be trusted to ask before it sends. So the broker asks, before it opens the first connection."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit
        self._asked: asyncio.Task[bool] | None = None
        self._answered = asyncio.Event()

    async def given(self) -> bool:
        """Whether the job may send. The first call asks the gateway; later calls wait for the same answer."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
            self._asked.add_done_callback(lambda _: self._answered.set())
        await asyncio.wait({self._asked})
        return self.was_given

    @property
    def was_given(self) -> bool:
        """Whether anything may have been sent."""
        asked = self._asked
        return asked is not None and asked.done() and not asked.cancelled() and asked.exception() is None and asked.result()

    async def unless_it_fails(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do the work; but raise what the permit raises, as soon as it does: the gateway has failed, and the job is over."""
        working, failing = asyncio.create_task(work), asyncio.create_task(self._failure())
        try:
            await asyncio.wait({working, failing}, return_when=asyncio.FIRST_COMPLETED)
            return failing.result() if failing.done() else working.result()
        finally:
            working.cancel()
            failing.cancel()
            await asyncio.wait({working, failing})

    async def close(self) -> None:
        """Ask no more. Raises what the permit raised."""
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.wait({self._asked})
            if not self._asked.cancelled():
                self._asked.result()

    async def _failure(self) -> Any:
        """Never returns."""
        await self._answered.wait()
        if self._asked is not None:
            self._asked.result()
        await asyncio.Event().wait()

    async def _ask(self) -> bool:
        clock = asyncio.get_running_loop().time
        asked = clock()
        within = await self._permit()
        return within is not None and clock() - asked <= within

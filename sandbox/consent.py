"""The permission to send, asked by the host itself: once, by whichever connection comes first."""

import asyncio

from sandbox.lease import Permit


class Consent:
    """A program is not known to ask before it sends. So the broker asks, before it opens the first way out."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit
        self._asked: asyncio.Task[bool] | None = None

    async def given(self) -> bool:
        """Whether the job may send. The first to ask waits for the gateway, and all others for the same answer."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asked)

    @property
    def was_given(self) -> bool:
        """Whether anything may have been sent."""
        return self._asked is not None and self._asked.done() and not self._asked.cancelled() and self._asked.result()

    async def close(self) -> None:
        """Ask no more. Raises what the permit raised, which is the gateway's own."""
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.wait({self._asked})
            if not self._asked.cancelled():
                self._asked.result()

    async def _ask(self) -> bool:
        clock = asyncio.get_running_loop().time
        asked = clock()
        within = await self._permit()
        return within is not None and clock() - asked <= within

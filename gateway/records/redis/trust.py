"""Whether something new may be begun on the store: by the last check of its durability, and not on a primary that is new."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.model.errors import GatewayError, StoreUnavailable
from gateway.records.redis.durability import Durability

log = structlog.get_logger(__name__)

#: Seconds between two tries to check a new primary.
AGAIN = 0.2


class Trust:
    """`look` asks the server. `declared`: the operator's statement, where there is one."""

    def __init__(self, look: Callable[[], Awaitable[Durability]], declared: str | None) -> None:
        self._look = look
        self._declared = declared
        self._distrust: GatewayError | None = None
        self._checking: asyncio.Task[None] | None = None
        self.told = True

    async def check(self) -> None:
        """Raises StoreUntrusted, and StoreUnavailable where the server does not answer: that changes nothing."""
        durability = await self._look()
        self.told = durability.told
        try:
            durability.require(self._declared)
        except GatewayError as fault:
            self._distrust = fault
            raise
        self._distrust = None

    def require(self) -> None:
        """Raise what the last check found."""
        if self._distrust is not None:
            raise self._distrust

    def doubt(self) -> None:
        """The server is another one: nothing new is begun on it before it was checked, which begins now."""
        self._distrust = StoreUnavailable(
            "Redis has a new primary, which is being checked", cure="Send the same request again: the check takes a moment."
        )
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check_until_known())

    async def close(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.wait({self._checking})

    async def _check_until_known(self) -> None:
        while isinstance(self._distrust, StoreUnavailable):
            try:
                await self.check()
                log.info("new_primary_trusted")
            except GatewayError as error:
                log.warning("new_primary_not_trusted", error=str(error), cure=error.cure)
                await asyncio.sleep(AGAIN)

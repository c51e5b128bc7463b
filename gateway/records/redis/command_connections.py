"""Connections for one command at a time: a call takes several such steps, and the client's general way costs twice as much."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from hiredis import pack_command

Argument = str | bytes | int | float
Ask = Callable[..., Awaitable[Any]]


class CommandConnections:
    """`make`: a new connection of the client's, not yet connected. At most `most` are in use; a command beyond that waits."""

    def __init__(self, make: Callable[[], Any], most: int) -> None:
        self._make = make
        self._room = asyncio.Semaphore(most)
        self._idle: list[Any] = []

    async def ask(self, *command: Argument, then: Callable[[Ask], Awaitable[None]] | None = None) -> Any:
        """The reply. Raises what the client raises; nothing is sent a second time.

        `then` may ask more over the same connection, before that is given to another.
        """
        async with self._room:
            wire = self._idle.pop() if self._idle else self._make()
            try:
                await _connected(wire)
                reply = await _reply(wire, *command)
                if then is not None:
                    await then(partial(_reply, wire))
                return reply
            finally:
                if wire.is_connected:  # else its reply may still come, and would be taken for another's
                    self._idle.append(wire)

    async def disconnect(self) -> None:
        """Close those that are idle."""
        idle, self._idle = self._idle, []
        for wire in idle:
            await wire.disconnect(nowait=True)


async def _connected(wire: Any) -> None:
    """One that the server has hung up, or that has something to say unasked, is not to be used; a connection that finds itself
    at the wrong server makes itself anew."""
    if wire.is_connected and await wire.can_read():
        await wire.disconnect(nowait=True)
    await wire.connect()


async def _reply(wire: Any, *command: Argument) -> Any:
    await wire.send_packed_command(pack_command(command), check_health=False)  # type: ignore[arg-type]  # annotated as a tuple of one
    return await wire.read_response()

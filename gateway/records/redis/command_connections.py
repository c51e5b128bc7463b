"""Connections for one command at a time: a call takes several such steps, and the client's general way costs twice as much."""

import asyncio
from collections.abc import Callable
from typing import Any

from hiredis import pack_command


class CommandConnections:
    """`make`: a new connection of the client's, not yet connected. At most `most` are in use; a command beyond that waits."""

    def __init__(self, make: Callable[[], Any], most: int) -> None:
        self._make = make
        self._room = asyncio.Semaphore(most)
        self._idle: list[Any] = []

    async def ask(self, *command: str | bytes | int | float) -> Any:
        """The reply. Raises what the client raises; nothing is sent a second time."""
        async with self._room:
            wire = self._idle.pop() if self._idle else self._make()
            try:
                await _connected(wire)
                packed = pack_command(command)  # type: ignore[arg-type]  # annotated as a tuple of one
                await wire.send_packed_command(packed, check_health=False)
                return await wire.read_response()
            finally:
                if wire.is_connected:  # else its reply may still come, and would be taken for another's
                    self._idle.append(wire)

    async def disconnect(self) -> None:
        """Close those that are idle."""
        idle, self._idle = self._idle, []
        for wire in idle:
            await wire.disconnect(nowait=True)


async def _connected(wire: Any) -> None:
    """One that the server has hung up, or that has something to say unasked, is not to be used."""
    if wire.is_connected and await wire.can_read():
        await wire.disconnect(nowait=True)
    if not wire.is_connected:
        await wire.connect()

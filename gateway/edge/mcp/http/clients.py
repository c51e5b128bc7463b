"""The gateway's clients of those who have shown a token: one for each token, as long as something of its holder's is open.

Each has a connection of its own to the gateway, so that a caller that takes no answers holds up no other.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from callgate.aio import AsyncClient
from callgate.transport import AsyncTransport
from gateway.edge.door.peers import PEER
from gateway.edge.mcp.http.tokens import Holder

#: Seconds for which one is kept that nothing is open of, and how many of these at most. A person who was led to a page has five
#: minutes there, and what waits for that asks by the client of the request that has ended.
IDLE, MOST_IDLE = 600.0, 256

#: From where the request came in which an RPC is made.
current_peer: ContextVar[str] = ContextVar("current_peer", default="unix:")


class ToldTransport(AsyncTransport):
    """Says of each RPC from where the request came for which it is made, as the gateway's own door does."""

    async def unary(self, rpc: Any, request: Any, **options: Any) -> Any:
        return await super().unary(rpc, request, **_told(options))

    def stream(self, rpc: Any, request: Any, **options: Any) -> AsyncGenerator[Any, None]:
        return super().stream(rpc, request, **_told(options))


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "metadata": (*options.get("metadata", ()), (PEER, current_peer.get()))}


class CallersClient(AsyncClient):
    _transport = ToldTransport


@dataclass(slots=True, eq=False)
class _KeptClient:
    client: AsyncClient
    users: int = 0
    closing: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Clients:
    """`gateway`: its address."""

    gateway: str
    idle: float = IDLE
    most_idle: int = MOST_IDLE
    _kept: dict[str, _KeptClient] = field(default_factory=dict)
    _ends: set[asyncio.Task[None]] = field(default_factory=set)

    @contextmanager
    def of(self, holder: Holder) -> Iterator[AsyncClient]:
        """The holder's client, which is not closed before this is left."""
        kept = self._kept.get(holder.digest)
        if kept is None:
            kept = self._kept[holder.digest] = _KeptClient(CallersClient(self.gateway, token=holder.token))
        kept.users += 1
        if kept.closing is not None:
            kept.closing.cancel()
            kept.closing = None
        try:
            yield kept.client
        finally:
            self._leave(holder.digest, kept)

    async def close(self) -> None:
        kept, self._kept = self._kept, {}
        for one in kept.values():
            if one.closing is not None:
                one.closing.cancel()
        await asyncio.gather(*self._ends, *(one.client.close() for one in kept.values()))

    def _leave(self, digest: str, kept: _KeptClient) -> None:
        kept.users -= 1
        if kept.users or self._kept.get(digest) is not kept:
            return
        self._kept[digest] = self._kept.pop(digest)  # the last of those that have no users
        kept.closing = asyncio.get_running_loop().call_later(self.idle, self._end, digest)
        idle = [one for one, its in self._kept.items() if not its.users]
        if len(idle) > self.most_idle:
            self._end(idle[0])

    def _end(self, digest: str) -> None:
        kept = self._kept.pop(digest)
        if kept.closing is not None:
            kept.closing.cancel()
        task = asyncio.create_task(kept.client.close())
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

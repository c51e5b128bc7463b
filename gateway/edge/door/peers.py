"""Who a request came from. The door says so beside the request: to gRPC, all come from the door.

A client cannot say it: the door writes over what it sends under this name, and only the door reaches the gateway's socket.
"""

from collections.abc import Iterable
from typing import Protocol

#: Of a request's metadata: `ipv4:192.0.2.1:50000`, as gRPC names a peer.
PEER = "callgate-peer"


class Context(Protocol):
    """As gRPC hands it to a method."""

    def peer(self) -> str: ...

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None: ...


def peer_of(context: Context) -> str:
    told = (str(value) for name, value in context.invocation_metadata() or () if name == PEER)
    return next(told, context.peer())

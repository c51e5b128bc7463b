"""Several addresses of one gateway, or of gateways on one store: which of them is asked."""

from collections.abc import Callable, Sequence
from typing import Any


class Turn:
    """The address that is asked: the one that answered last, and where that fails, the next. Shared by a client's threads."""

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self.current = 0

    @property
    def others(self) -> int:
        return self._count - 1

    def leave(self, failed: int) -> None:
        """Go on to the next address, unless another thread has done so already."""
        if self.current == failed:
            self.current = (failed + 1) % self._count


class ChannelsInTurn:
    """Channels to several addresses, as one for gRPC's stubs: each RPC goes over the one whose turn it is."""

    def __init__(self, channels: Sequence[Any], turn: Turn) -> None:
        self._channels = channels
        self._turn = turn

    def _in_turn(self, kind: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        each = [getattr(channel, kind)(*args, **kwargs) for channel in self._channels]

        def ask(*request: Any, **options: Any) -> Any:
            return each[self._turn.current](*request, **options)

        return ask

    def unary_unary(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._in_turn("unary_unary", *args, **kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._in_turn("unary_stream", *args, **kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._in_turn("stream_unary", *args, **kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._in_turn("stream_stream", *args, **kwargs)

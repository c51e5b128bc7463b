"""How much of the door a caller may have at one time: requests, and the bytes of their bodies."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.edge.mcp.http.refusals import busy

#: Requests and streams that are open at one time: of a caller, and of all.
OF_CALLER, OF_ALL = 64, 1024
#: Bytes of bodies that are held at one time: of a caller, and of all. A parsed one takes many times its bytes.
BYTES_OF_CALLER, BYTES_OF_ALL = 4 << 20, 32 << 20


@dataclass(slots=True)
class CallerShares:
    """Callers are told apart by their tokens."""

    of_caller: int = OF_CALLER
    of_all: int = OF_ALL
    _open: Counter[str] = field(default_factory=Counter)
    _bytes: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def request(self, caller: str) -> Iterator[None]:
        """Raises Refused."""
        if self._open[caller] >= self.of_caller:
            raise busy(f"{self.of_caller} requests of this caller are open already")
        if self._open.total() >= self.of_all:
            raise busy(f"{self.of_all} requests are open already")
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            self._open += Counter()  # forgets those that have none

    @contextmanager
    def body(self, caller: str, size: int) -> Iterator[None]:
        """Raises Refused."""
        if self._bytes[caller] + size > BYTES_OF_CALLER or self._bytes.total() + size > BYTES_OF_ALL:
            raise busy("too many large requests are under way")
        self._bytes[caller] += size
        try:
            yield
        finally:
            self._bytes[caller] -= size
            self._bytes += Counter()

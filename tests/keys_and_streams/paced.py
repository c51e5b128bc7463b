"""An answer that goes on when its test says so."""

import threading
from collections.abc import Iterator, Sequence

#: Seconds after which a part goes out though no test has said so: a test that failed must not hang.
LONGEST = 60.0


class Paced(Sequence[bytes]):
    """The first part goes out at once, each other one by `go_on`."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self._turns = threading.Semaphore(1)

    def go_on(self, times: int = 1) -> None:
        self._turns.release(times)

    def __getitem__(self, index: int) -> bytes:  # type: ignore[override]
        return self._parts[index]

    def __len__(self) -> int:
        return len(self._parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self._turns.acquire(timeout=LONGEST)
            yield part

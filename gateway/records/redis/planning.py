"""What an import compares, beside the event loop and beside everything else that uses threads.

A comparison may take a second, and cannot be stopped. In the threads that all share, the comparisons of one tenant's imports
would keep waiting what is to be written to disk, and large arguments. Imports take turns, tool by tool; one that its caller has
given up has no turn any more.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Planning:
    """One thread: comparing is all work and no waiting, and calls need the processor, too."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="planning")

    async def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """What `work` makes of each, in their order. Raises what it raises."""
        loop = asyncio.get_running_loop()
        return [await loop.run_in_executor(self._thread, work, one) for one in items]


#: One for the process, as the processor is.
PLANNING = Planning()

"""Threads of the store's own: where it is slow or away, nothing else that is done in threads waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Steps that are made at one time. Each is of a piece of an artifact, and the others wait in turn.
MOST = 16


class Threads:
    def __init__(self, most: int = MOST) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="artifacts")

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of the work. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *args, **kwargs))

    def begin(self, work: Callable[[], object]) -> None:
        """Have it done, whatever comes of it: to close a file may take a shared file system long."""
        self._pool.submit(work)

"""Steps that are done to their end, also where the task that waits for them is cancelled: as an RPC whose client goes away."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from gateway.model.errors import ArtifactsUnavailable, GatewayError

T = TypeVar("T")

#: An event loop by itself forgets a task that no other waits for.
_running: set[asyncio.Task[Any]] = set()


async def to_its_end(work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]] | None = None) -> T:
    """The result of the work. `undo`: what is done with a result that is there once its task has been cancelled."""
    task = _begun(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if undo is not None:
            _begun(_undone(task, undo))
        raise


async def soon(work: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[None]], seconds: float) -> T:
    """The same where it is there within so many seconds. Raises ArtifactsUnavailable; the work goes on, and is undone then."""
    try:
        async with asyncio.timeout(seconds):
            return await to_its_end(work, undo)
    except TimeoutError as error:
        raise ArtifactsUnavailable(f"the store of artifacts takes longer than {seconds:g} s") from error


def _begun(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    task = asyncio.ensure_future(work)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # heard: the task that would be told may be gone


async def _undone(task: asyncio.Task[T], undo: Callable[[T], Awaitable[None]]) -> None:
    with suppress(GatewayError):
        await undo(await task)

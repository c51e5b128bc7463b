"""Stores at real servers, closed at their end."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from redis.asyncio import Redis

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.client import Store


@asynccontextmanager
async def at(settings: RedisSettings) -> AsyncIterator[Store]:
    """A store that has asked its server for nothing yet."""
    store = Store(settings)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def unopened(url: str) -> AsyncIterator[Store]:
    """As `at`, for a server that needs no more than its URL."""
    async with at(RedisSettings(url=url)) as store:
        yield store


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    async with unopened(url) as store:
        await store.open()
        yield store


@asynccontextmanager
async def operator_of(url: str) -> AsyncIterator[Redis]:
    """An operator's own connection to a server."""
    operator = Redis.from_url(url)
    try:
        yield operator
    finally:
        await operator.aclose()


async def process_of(url: str) -> int:
    """The id of a server's process."""
    async with operator_of(url) as operator:
        return int((await operator.info("server"))["process_id"])


@contextmanager
def suspended(process: int) -> Iterator[None]:
    """Stop a process, as a machine that swaps does, and let it go on."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)

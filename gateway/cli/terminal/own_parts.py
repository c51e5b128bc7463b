"""Commands that run parts of the gateway in their own process: what these log goes to standard error, and the answer stays
alone on standard output."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to."""
    with _logs_on_stderr():
        return asyncio.run(work)


@contextmanager
def _logs_on_stderr() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    try:
        yield
    finally:
        structlog.configure(**before)

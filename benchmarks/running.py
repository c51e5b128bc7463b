"""How a benchmark runs from the command line: its log, its failures, its exit status."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


def exit_status(benchmark: Coroutine[Any, Any, bool], *failures: type[Exception]) -> int:
    """Run the benchmark: 0 if it returns True, 1 if it returns False, fails in an expected way or gets a SIGTERM."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        return 0 if asyncio.run(_cancelled_by_sigterm(benchmark)) else 1
    except failures as failure:
        log.error("failed", error=f"{type(failure).__name__}: {failure}", cure=getattr(failure, "cure", ""))  # noqa: TRY400
        return 1
    except asyncio.CancelledError:
        return 1


async def _cancelled_by_sigterm(benchmark: Coroutine[Any, Any, bool]) -> bool:
    running = asyncio.current_task()
    if running is not None:  # a cancelled benchmark first stops what it started
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    return await benchmark

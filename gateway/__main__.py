"""`python -m gateway`: read the environment, wire the parts, serve until told to stop."""

import asyncio
import gc
import os
import signal
import sys

import structlog
import uvloop

from gateway import before_grpc  # noqa: F401 - first, for what it does
from gateway.assembly import gateway
from gateway.model.config import Config, ConfigInvalid, load
from gateway.model.errors import GatewayError
from gateway.observability.logs import set_up_logs
from gateway.operations.loop_watchdog import LoopWatchdog
from gateway.operations.precedence import come_first
from gateway.outside import OpenPool, docker_pool
from sandbox.api.errors import HostRefused, SandboxError

log = structlog.get_logger(__name__)

#: Seconds after which a thread that compares documents gives way to the calls. With 5 ms, the default, each step of a call
#: would wait for so long.
GIVE_WAY = 0.0005
#: New objects after which the collector looks for cycles among them: after 700, the default, it would do so within each call.
#: And how many of such looks until it looks at what was left, too: that holds up the loop for milliseconds, and after ten, the
#: default, for a quarter of a second.
GARBAGE = 10_000, 3


async def serve(config: Config, open_pool: OpenPool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, log.info, "nothing_to_read_again_yet")
    async with gateway(config, os.environ, open_pool=open_pool) as parts, LoopWatchdog():
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, parts.reload)
        await parts.server.start()
        gc.freeze()  # what is here now stays: a collector that walks through it would hold up calls for nothing
        gc.set_threshold(*GARBAGE)
        log.info("serving", listen=config.listen)
        await asyncio.wait({asyncio.create_task(stop.wait()), parts.maintenance}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        if not _refused_by_host(parts.maintenance):
            await parts.server.stop()
        if parts.maintenance.done():
            parts.maintenance.result()  # a defect: a dead gateway is started again, one without maintenance breaks promises


def _refused_by_host(maintenance: asyncio.Task[None]) -> bool:
    """Whether this gateway must end at once: none of its boxes may do anything more, so no call is let end first."""
    return maintenance.done() and not maintenance.cancelled() and isinstance(maintenance.exception(), HostRefused)


def main(open_pool: OpenPool = docker_pool) -> int:
    set_up_logs()
    sys.setswitchinterval(GIVE_WAY)
    try:
        config = load(os.environ)
        come_first(config.niceness)
        uvloop.run(serve(config, open_pool))
    except (ConfigInvalid, GatewayError, SandboxError) as error:
        log.error("cannot_serve", error=str(error), cure=error.cure)  # noqa: TRY400 - no defect
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

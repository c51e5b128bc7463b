"""The gateways of a storm: processes, each behind its own proxy to the store, that can be killed, frozen and restarted."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.redis_fault_proxy import RedisFaultProxy
from callgate import AsyncClient, RetryPolicy
from gateway.embedded.errors import PartFailed
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import Launch, from_python
from gateway.embedded.ports import LOOPBACK, free_port

_IN_PROCESS = Path(__file__).with_name("process_gateway.py")
_REVIVE_TRIES = 30
_REVIVE_PAUSE = 1.0


@dataclass(eq=False, slots=True)
class GatewayUnderTest:
    name: str
    process: GatewayProcess
    proxy: RedisFaultProxy
    client: AsyncClient
    run_dir: Path

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the gateway is dead already."""
        pid = self.process.pid
        if pid is not None:
            os.kill(pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    async def revive(self) -> None:
        """Start it again, and retry while a part that it needs is down. Raises PartFailed where that takes too long."""
        while self.process.pid is not None:  # noqa: ASYNC110 - a killed process ends within milliseconds
            await asyncio.sleep(0.01)
        for _ in range(_REVIVE_TRIES):
            with suppress(PartFailed):
                await self.process.start()
                return
            await self.process.stop()
            await asyncio.sleep(_REVIVE_PAUSE)
        await self.process.start()


async def start_gateway(
    opened: AsyncExitStack, name: str, settings: Mapping[str, str], store_port: int, token: str, *, in_boxes: bool, home: Path
) -> GatewayUnderTest:
    """A serving gateway, with a proxy and a directory of its own."""
    proxy = await opened.enter_async_context(RedisFaultProxy(store_port))
    address, run_dir = f"{LOOPBACK}:{free_port()}", home / name
    run_dir.mkdir()
    own = {
        "CALLGATE_LISTEN": address,
        "CALLGATE_RUN_DIR": str(run_dir),
        "CALLGATE_REDIS_URL": f"redis://{LOOPBACK}:{proxy.port}/0",
    }
    process = GatewayProcess(_launch({**settings, **own}, in_boxes=in_boxes), address, home / f"{name}.log")
    client = await opened.enter_async_context(AsyncClient(address, token=token, retry=RetryPolicy(patience=0)))
    opened.push_async_callback(process.stop)
    await process.start()
    return GatewayUnderTest(name, process, proxy, client, run_dir)


def _launch(settings: Mapping[str, str], *, in_boxes: bool) -> Launch:
    launch = from_python(settings)
    return launch if in_boxes else Launch((sys.executable, str(_IN_PROCESS)), launch.environment)

"""The gateways of a storm: processes that can be killed, frozen, cut off and restarted, each with a proxy of its own to the
store, a state directory of its own and a wall clock of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.clocks import SteppedClock
from benchmarks.faults.ports import lasting_port
from benchmarks.faults.redis_fault_proxy import RedisFaultProxy
from callgate import AsyncClient, RetryPolicy
from gateway.embedded.errors import PartFailed
from gateway.embedded.gateway_process import GatewayProcess
from gateway.embedded.launch import Launch, from_python
from gateway.embedded.ports import LOOPBACK

_IN_PROCESS = Path(__file__).with_name("process_gateway.py")
_REVIVE_TRIES = 30
_REVIVE_PAUSE = 1.0


@dataclass(eq=False, slots=True)
class GatewayUnderTest:
    """`clients`: one for each tenant, by its name. `direct`: it asks Sentinels for the store, past its proxy."""

    name: str
    process: GatewayProcess
    proxy: RedisFaultProxy
    clients: Mapping[str, AsyncClient]
    run_dir: Path
    state_dir: Path
    clock: SteppedClock
    direct: bool = False

    def isolate(self) -> None:
        """Keep it from the store until it may `rejoin`: cut off, or frozen where it reaches the store without its proxy."""
        if self.direct:
            self.signal(signal.SIGSTOP)
        else:
            self.proxy.cut_off()

    def rejoin(self) -> None:
        if self.direct:
            self.signal(signal.SIGCONT)
        else:
            self.proxy.restore()

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What all gateways of a storm share. `tokens`: the caller's, by tenant. `store_url`: the store's address for gateways
    that ask Sentinels for it; without one, each has a proxy on its way."""

    settings: Mapping[str, str]
    tokens: Mapping[str, str]
    home: Path
    in_boxes: bool
    store_url: str = ""


async def start_gateway(
    opened: AsyncExitStack, name: str, terms: Terms, store_port: int, state_dir: Path | None = None
) -> GatewayUnderTest:
    """A serving gateway, with a proxy, directories and a clock of its own.

    `state_dir`: without it, the gateway has one of its own in the storm's home.
    """
    proxy = await opened.enter_async_context(RedisFaultProxy(store_port))
    address, run_dir, clock = f"{LOOPBACK}:{lasting_port()}", terms.home / name, SteppedClock(terms.home / f"{name}-clock")
    run_dir.mkdir()
    (state_dir := state_dir or terms.home / f"{name}-state").mkdir(mode=0o700, exist_ok=True)
    own = {
        "CALLGATE_LISTEN": address,
        "CALLGATE_RUN_DIR": str(run_dir),
        "CALLGATE_STATE_DIR": str(state_dir),
        "CALLGATE_REDIS_URL": terms.store_url or f"redis://{LOOPBACK}:{proxy.port}/0",
    }
    launch = _launch({**terms.settings, **own}, clock, in_boxes=terms.in_boxes)
    process = GatewayProcess(launch, address, terms.home / f"{name}.log")
    retry = RetryPolicy(patience=0)
    clients = {
        tenant: await opened.enter_async_context(AsyncClient(address, token=token, retry=retry))
        for tenant, token in terms.tokens.items()
    }
    opened.push_async_callback(process.stop)
    await process.start()
    return GatewayUnderTest(name, process, proxy, clients, run_dir, state_dir, clock, direct=bool(terms.store_url))


def _launch(settings: Mapping[str, str], clock: SteppedClock, *, in_boxes: bool) -> Launch:
    launch = from_python(settings)
    command = launch.command if in_boxes else (sys.executable, str(_IN_PROCESS))
    return Launch(command, {**launch.environment, **clock.environment})

"""What killed gateways leave behind: `make bench B=leaks`, or `-m benchmarks.leaks --kills 10`.

Callers keep a gateway busy with calls that need a credential: half of them read, half have an effect. Again and again the
benchmark kills the gateway's process at a random moment, most often while it serves, now and then while it starts, and starts
another. Then the load ends, the last gateway has a minute to clean up after its predecessors, and gets a SIGTERM.

- kills: how often a gateway was killed; kills_amid_calls: how often while calls were under way. answered: calls that ended.
- boxes_left: containers. socket_dirs_left: the content of the run directory. tokens_left: live tokens that were minted for
  calls. mounts_left: mounts of the run directory in any process's view, and file systems of containers that no longer exist.
- recovered_s: from the last kill until the new gateway had cleaned up.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import structlog

from benchmarks.figures import show
from benchmarks.left import Left, Observer
from benchmarks.running import exit_status
from benchmarks.stack import ORDERS, local_options, offer_orders, start_server, temporary_home
from callgate import AsyncClient, CallgateError, RetryPolicy
from gateway.embedded.child import Child
from gateway.embedded.errors import EmbeddedError
from gateway.embedded.launch import from_python
from gateway.embedded.passed_settings import vault_settings
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, write_private
from gateway.model.errors import GatewayError
from gateway.operations.health_checks import serving
from gateway.secrets.vault import Vault
from gateway.secrets.vault_login import FixedToken

KILLS = 100
CALLERS = 6
READY_WITHIN, DRAIN_WITHIN, CLEAN_WITHIN = 90.0, 60.0, 90.0  # seconds
STARTING = 0.2  # the share of kills that come while a gateway starts
LONGEST_LIFE, LONGEST_START = 1.5, 2.0  # seconds

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Load:
    """Callers that make one call after another, also where a call fails."""

    client: AsyncClient
    under_way: int = 0
    answered: int = 0
    ended: bool = False
    _callers: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        self._callers = [asyncio.create_task(self._call(number)) for number in range(CALLERS)]

    async def end(self) -> None:
        self.ended = True
        await asyncio.gather(*self._callers)

    async def _call(self, number: int) -> None:
        tool, arguments = (("list_orders", {}), ("create_order", {"body": {"item": "cup", "quantity": 1}}))[number % 2]
        while not self.ended:
            self.under_way += 1
            try:
                with suppress(CallgateError):
                    await self.client.call(tool, arguments)
                    self.answered += 1
            finally:
                self.under_way -= 1
            await asyncio.sleep(0)


@dataclass(slots=True)
class Victim:
    """A gateway that is killed and started again."""

    stack: Stack
    _child: Child | None = None

    def launch(self) -> Child:
        launch, state = from_python(self.stack.settings), self.stack.state
        self._child = Child("gateway", launch.command, log=state.logs / "gateway.log", environment=launch.environment)
        return self._child

    async def start(self) -> None:
        await self.launch().wait_ready(lambda: serving(self.stack.options.listen), READY_WITHIN)

    async def kill(self) -> None:
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGKILL)
            await self._child.wait()

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop(DRAIN_WITHIN)


@dataclass(frozen=True, slots=True)
class Place:
    victim: Victim
    load: Load
    observer: Observer


async def kill_often(place: Place, kills: int, dice: random.Random) -> int:
    """Returns how many kills came while calls were under way at a gateway that served."""
    amid_calls = 0
    for number in range(kills):
        if dice.random() < STARTING:
            place.victim.launch()
            await asyncio.sleep(dice.uniform(0, LONGEST_START))
        else:
            await place.victim.start()
            await asyncio.sleep(dice.uniform(0, LONGEST_LIFE))
            amid_calls += place.load.under_way > 0
        await place.victim.kill()
        log.info("killed", kills=number + 1, of=kills, answered=place.load.answered)
    return amid_calls


async def recover(place: Place) -> float:
    """Start the last gateway, end the load, and wait until only what this gateway uses is left. Returns the seconds."""
    begin = monotonic()
    await place.victim.start()
    await place.load.end()
    deadline = begin + CLEAN_WITHIN
    while not _is_its_own(left := await place.observer.left(), place.victim.stack.options.pool_size):
        if monotonic() > deadline:
            log.error("not_recovered", left=left)
            break
        await asyncio.sleep(0.25)
    return monotonic() - begin


def _is_its_own(left: Left, pool_size: int) -> bool:
    """Each waiting box is one container, and the gateway is one directory."""
    return (left.boxes, left.socket_dirs, left.tokens) == (pool_size, 1, 0)


async def run(kills: int, seed: int) -> bool:
    log.info("begins", kills=kills, seed=seed)
    async with place() as given:
        given.load.begin()
        amid_calls = await kill_often(given, kills, random.Random(seed))
        recovered = await recover(given)
        await given.victim.stop()
        left = await given.observer.left()
        answered = given.load.answered
    show("kills", kills, "1")
    show("kills_amid_calls", amid_calls, "1")
    show("answered", answered, "1")
    show("recovered_s", recovered, "s")
    show("boxes_left", left.boxes, "1")
    show("socket_dirs_left", left.socket_dirs, "1")
    show("tokens_left", left.tokens, "1")
    show("mounts_left", left.mounts, "1")
    return left.nothing


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """A shop, a gateway that has imported its tools, callers, and an observer."""
    with temporary_home() as home:
        state = StateDir(home)
        async with Stack(state, local_options()) as stack, AsyncExitStack() as started:
            shop_token = home / "shop-token"
            write_private(shop_token, "the-shop's-token-for-the-leak-benchmark")
            shop = await start_server(started, state, ORDERS / "server.py", "--token-file", str(shop_token))
            victim = Victim(stack)
            started.push_async_callback(victim.stop)
            await victim.start()
            await offer_orders(stack, stack.options.listen, shop, shop_token.read_text())
            await victim.kill()
            client = AsyncClient(stack.options.listen, token=state.token.read_text(), retry=RetryPolicy(cap=0.5))
            vault = Vault(vault_settings(stack.settings), FixedToken(state.root_token.read_text()), patience=10.0)
            started.push_async_callback(vault.aclose)
            observer = Observer(Path(stack.settings["CALLGATE_RUN_DIR"]), vault)
            started.callback(observer.close)
            yield Place(victim, Load(await started.enter_async_context(client)), observer)


def main() -> int:
    parser = argparse.ArgumentParser(description="What killed gateways leave behind.")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    return exit_status(run(given.kills, given.seed), CallgateError, EmbeddedError, GatewayError)


if __name__ == "__main__":
    sys.exit(main())

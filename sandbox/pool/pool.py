"""The pool: boxes that have started and wait, so that a call finds one at once.

The pool hides the time that the engine takes to make a box. It makes the engine no faster: a caller that claims more boxes per
second than the engine makes has to wait, in turn with the other tenants, and is told early where the wait is longer than its
time.
"""

import math
import os
import re
import shutil
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Self

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import BoxRegistryUnavailable, EngineUnavailable, SandboxError
from sandbox.api.job import Egress
from sandbox.api.pool_stats import PoolStats
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.box.box import SocketBox
from sandbox.egress import box_sockets
from sandbox.engine.protocol import Engine
from sandbox.pool.box_factory import Authorities, BoxFactory, RestoreImage, new_name
from sandbox.pool.box_reaper import BoxReaper
from sandbox.pool.claims import Claims
from sandbox.pool.demand_forecast import Demand
from sandbox.pool.provisioner import Provisioner
from sandbox.pool.stock_keeper import StockKeeper
from sandbox.pool.stockroom import Stockroom
from sandbox.reaping.box_registry import BoxRegistry, MemoryBoxRegistry
from sandbox.reaping.host_seat import HostSeat
from sandbox.reaping.place import GatewayPlace

_GATEWAY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many boxes wait, and how many there may be.

    Each box runs as a user of its own, from a range that no other gateway with the same run directory has.
    """

    #: The least number of the runner's boxes that wait, started and connected. Up to twice as many wait where callers come
    #: often; and of each tool author's image for which callers came lately, at most this number.
    size: int = 4
    #: The boxes that may exist at one time: waiting, leased, being made and being removed.
    max_boxes: int = 32
    #: The boxes that are made at one time. 0: as many as suit the processors.
    create_parallel: int = 0
    #: Where the gateways' ranges of users begin, as the host counts them.
    first_uid: int = 100_000
    #: The share of `max_boxes` that one tenant may hold.
    share: float = 0.75
    #: Seconds that a box may wait before it is replaced.
    oldest: float = 600.0

    @property
    def tenant_most(self) -> int:
        return max(1, math.ceil(self.share * self.max_boxes))

    @property
    def parallel(self) -> int:
        """An engine makes the most boxes per second with about two for each processor at work; and one that is being made also
        waits for its runner and for the box registry: so three."""
        return self.create_parallel or min(16, max(2, 3 * len(os.sched_getaffinity(0))))


class DockerPool:
    """`async with DockerPool(…) as pool`. The process must be root: it gives each box a user of its own."""

    def __init__(
        self,
        engine: Engine,
        image: str,
        run_dir: Path,
        gateway_id: str,
        settings: PoolSettings,
        *,
        registry: BoxRegistry | None = None,
        restore_image: RestoreImage | None = None,
        seat: HostSeat | None = None,
        authorities: Authorities = str,
    ) -> None:
        """`image` is the runner's own, and `restore_image` makes it again where it is gone from the engine. Without a
        `registry`, this pool's boxes matter to no other gateway; without a `seat`, its host is known by the engine's own id.
        `authorities`: whom the programs of tool authors may believe beside the system's own, as of now (PEM)."""
        self._seat = seat
        self._place = GatewayPlace(run_dir.absolute() / gateway_id, settings.first_uid, settings.max_boxes)
        self._factory = BoxFactory(
            engine,
            image,
            self._place,
            gateway_id,
            registry=registry or MemoryBoxRegistry(),
            restore_image=restore_image,
            authorities=authorities,
        )
        self._settings = settings

    async def start(self) -> None:
        """Claim the gateway's directory and begin to make boxes; they are ready a moment later.

        Raises SandboxError where this process or its directory cannot be used, EngineUnavailable, HostCopied.
        """
        _check(self._factory)
        await self._place.take()
        try:
            first_user = await self._factory.engine.first_user()
            _check_users(self._place.first_uid, first_user)
            host = await self._seat.take() if self._seat else await self._factory.engine.id()
        except BaseException:
            self._give_back()
            raise
        self._build(replace(self._factory, host=host, first_user=first_user))
        self._keeper.start()

    def _build(self, factory: BoxFactory) -> None:
        """Put the parts together, each from those below it."""
        settings, self._stats = self._settings, PoolStats()
        self._stockroom = stockroom = Stockroom(
            monotonic,
            oldest=settings.oldest,
            tenant_most=settings.tenant_most,
            kept_of=settings.size,
        )
        demand = Demand(monotonic, settings.size, self._stats.making_time)
        self._provisioner = provisioner = Provisioner(
            factory, stockroom, demand, self._stats, slots=settings.max_boxes, parallel=settings.parallel
        )
        self._keeper = StockKeeper(provisioner, stockroom, demand, self._stats)
        self._claims = Claims(self._keeper, provisioner, stockroom, demand, self._stats)
        self._reaper = BoxReaper(factory, provisioner.slots)

    async def close(self) -> None:
        """End and remove every box, leased ones too. Boxes that an absent engine keeps are removed by a later sweep."""
        if not self._place.taken:
            return
        self._keeper.close()
        self._provisioner.close()
        self._claims.close()
        warm = self._stockroom.warm
        for box in [*(warm.remove(box) for box in warm), *self._claims.leased]:
            self._provisioner.retire(box)
        await self._provisioner.finish()
        if self._seat is not None:
            with suppress(EngineUnavailable, BoxRegistryUnavailable):  # then the seat lapses
                await self._seat.leave()
        self._give_back()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def warm(self) -> int:
        """How many boxes wait for a job."""
        return len(self._stockroom.warm)

    @property
    def trouble(self) -> SandboxError | None:
        """Of the runner's own boxes. One that waits needs nothing of what is in trouble."""
        return None if self._stockroom.warm.count(RUNNER) else self._provisioner.health.trouble

    @property
    def stats(self) -> PoolStats:
        """The counts so far and the sizes of now. May be read from another thread."""
        now = self._stats
        now.waiting, now.leased = len(self._stockroom.warm), len(self._claims.leased)
        now.queued, now.making = sum(1 for _ in self._stockroom.waiters), self._provisioner.making.total()
        return now

    def lease(
        self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER
    ) -> AbstractAsyncContextManager[SocketBox]:
        return self._claims.lease(egress, wait=wait, tenant=tenant, spec=spec)

    def expected_wait(self, tenant: str = "", arriving: int = 0) -> float:
        return self._claims.expected_wait(tenant, arriving)

    async def wait_removed(self, name: str) -> None:
        await self._reaper.wait_removed(name)

    async def sweep(self) -> None:
        """Not before the start."""
        await self._reaper.sweep()
        if self._seat is not None:
            await self._seat.sweep()

    async def renew(self) -> None:
        if self._seat is not None:
            await self._seat.renew()

    def _give_back(self) -> None:
        shutil.rmtree(self._place.directory, ignore_errors=True)
        self._place.release()


def _check_users(begin: int, first_user: int) -> None:
    """Where boxes know another user as 0 than the host does, that one is their root, and none below it is theirs."""
    if begin <= first_user and first_user:
        message = f"Boxes would run as the users from {begin} on, and the engine's root is the user {first_user} of this host"
        raise EngineUnavailable(message, EngineTrouble.USER_OUT_OF_RANGE)


def _check(factory: BoxFactory) -> None:
    if os.geteuid() != 0:
        raise SandboxError("The gateway must run as root: it gives each box a user of its own.")
    if not _GATEWAY_ID.fullmatch(factory.gateway_id):
        raise SandboxError("A gateway's id is up to 32 lower case letters, digits and hyphens.")
    longest = factory.place.directory / new_name() / box_sockets.EGRESS_SOCKET
    if len(os.fsencode(longest)) > box_sockets.LONGEST_PATH:
        raise SandboxError(
            f"A socket's path may have {box_sockets.LONGEST_PATH} bytes, and {longest} has more: choose a shorter run_dir."
        )

"""What was deleted leaves the append-only file, too, within a time that an operator sets: Redis is asked to rewrite it.

Redis appends what it does, a deletion included, and drops what was deleted only when it rewrites the file. By itself it does so
when the file has grown, which may take for ever. One gateway asks for all, by a lease. When the file was rewritten last is kept
in Redis, for each server: a replica has a file of its own, for which a gateway cannot ask through the primary.
"""

from dataclasses import dataclass

import structlog

from gateway.model.errors import StoreMisconfigured
from gateway.records.redis.client import Store

log = structlog.get_logger(__name__)

#: HASH: "asked SERVER" and "run SERVER": when Redis was asked, and which run of it; "done SERVER": what was deleted before that
#: moment is gone (milliseconds of the store's clock); "why SERVER": why it failed last, empty where it did not.
ERASURE = "cg:{erasure}"
LEASE = f"{ERASURE}:lease"

#: Seconds for which one gateway asks for all, and in which none asks again after a failure.
ASKING = 300.0

HOUR = 3_600_000

MAY_NOT = (
    "Let the gateway's user ask: ACL SETUSER NAME +bgrewriteaof; or set CALLGATE_REDIS_ERASE_HOURS=0, and rewrite it yourself."
)
WHY_FAILED = "the last rewrite of the append-only file failed"
FAILED = "Look at Redis' log, and at its disk: a rewrite needs as much room as the data, and the memory of a fork."


@dataclass(frozen=True, slots=True)
class ErasureState:
    """`appends`: whether the server has an append-only file. `done`: hours since the moment before which everything that was
    deleted is gone; None: it was never asked. `why`: what keeps it from it, and the cure."""

    appends: bool
    done: float | None
    why: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class _KnownRewrite:
    asked: int
    done: int
    run: str
    why: str


class Erasure:
    """`hours`: how long what was deleted may stay in the file; 0: for ever."""

    def __init__(self, store: Store, hours: float) -> None:
        self._store = store
        self._hours = hours

    async def keep_up(self) -> None:
        """See what came of the last rewrite, and ask for the next one where it is due. Raises StoreUnavailable."""
        if not self._hours:
            return
        file = await self._store.append_only_file()
        if not file.appends or file.is_rewritten:
            return
        now, known = await self._known()
        if known.asked > known.done:
            known = await self._settle(known, file.run, failed=file.failed)
        another = known.run != file.run  # perhaps a replica that took over under the same address, with a file of its own
        if (another or now - known.done >= self._hours * HOUR) and await self._store.take(LEASE, ASKING):
            await self._ask(now, known.why, file.run)

    async def state(self) -> ErasureState:
        """As the gateways have left it. Reads, and asks for nothing."""
        file = await self._store.append_only_file()
        now, known = await self._known()
        done = (now - known.done) / HOUR if known.done else None
        return ErasureState(file.appends, done, known.why, FAILED if known.why == WHY_FAILED else MAY_NOT)

    async def _settle(self, known: _KnownRewrite, run: str, *, failed: bool) -> _KnownRewrite:
        """What has become of the rewrite that was asked for. A server that was started anew since has not made it."""
        if failed:
            await self._tell(known.why, WHY_FAILED, FAILED)
        elif known.run == run:
            await self._put(done=known.asked, why="")
            return _KnownRewrite(known.asked, known.asked, run, "")
        return known

    async def _ask(self, now: int, before: str, run: str) -> None:
        try:
            await self._store.rewrite_append_only_file()
        except StoreMisconfigured as error:
            await self._tell(before, str(error), MAY_NOT)
        else:
            await self._put(asked=now, run=run)

    async def _tell(self, before: str, why: str, cure: str) -> None:
        if why != before:
            log.warning("not_erased", error=why, cure=cure)
            await self._put(why=why)

    async def _put(self, **fields: int | str) -> None:
        for name, value in fields.items():
            await self._store.put(ERASURE, f"{name} {self._store.destination}", value)

    async def _known(self) -> tuple[int, _KnownRewrite]:
        names = [f"{name} {self._store.destination}" for name in ("asked", "done", "run", "why")]
        now, (asked, done, run, why) = await self._store.now_and_values(ERASURE, names)
        return now, _KnownRewrite(int(asked or 0), int(done or 0), (run or b"").decode(), (why or b"").decode())

"""Answers without a call: from the recording of an earlier run, or from a cache of what may be answered again for a while.

A replayed answer has no record of its own and reaches no upstream: it is a test's. A cached one is recorded like any other end,
so that its idempotency key gives the same answer ever after.
"""

import time
from dataclasses import dataclass, replace
from hashlib import sha256

import orjson
import structlog

from gateway.model.errors import ReplayMissed, StoreUnavailable
from gateway.model.invocation import Invocation, Outcome, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.execution import Work
from gateway.pipeline.request import Call, Mode, invocation_id, request_of
from gateway.records.recordings.answer_cache import AnswerCache
from gateway.records.recordings.protocol import RECORDING, Entry, Recordings, Sort, Tape
from registry.calling.arguments import canonical

log = structlog.get_logger(__name__)

CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Recall:
    recordings: Recordings
    cache: AnswerCache

    async def replay(self, call: Call, work: Work) -> Invocation | None:
        """The recorded end of this call. Raises ReplayMissed where there is none and none may be made."""
        if not call.mode.replays:
            return None
        tape, sort = tape_of(work.principal, call.recording), sort_of(work)
        id = invocation_id(work.principal, call.key)
        entry = await self.recordings.find(tape, sort, await self.recordings.number(tape, call.run_id, sort, id))
        if entry is not None:
            return _replayed(call, work, id, replace(entry.outcome, source=f"recording:{call.recording}"))
        if call.mode is Mode.REPLAY_STRICT:
            raise ReplayMissed(f"the recording {call.recording} has no such call of {work.version.reference}")
        return None

    async def cached(self, work: Work) -> Outcome | None:
        if not _may_cache(work):
            return None
        found = await self.cache.get(work.principal.tenant, _cache_key(work))
        return replace(found, source=CACHE) if found else None

    async def keep(self, work: Work, invocation: Invocation, *, fresh: bool) -> None:
        """Keep how a call ended where its run is recorded, and what ended just now where it may be answered again."""
        if invocation.outcome is not None:
            try:
                await self._keep(work, invocation.id, invocation.outcome, fresh=fresh)
            except StoreUnavailable as error:  # the call's own record is safe; sending its key again fills the gap
                log.warning("not_kept", invocation=invocation.id, error=str(error))

    async def _keep(self, work: Work, id: str, outcome: Outcome, *, fresh: bool) -> None:
        if work.recording:
            tape, sort = tape_of(work.principal, work.recording), sort_of(work)
            occurrence = await self.recordings.number(tape, RECORDING, sort, id)
            await self.recordings.keep(tape, Entry(work.version.reference, sort, occurrence, outcome))
        seconds = work.version.draft.cache_seconds
        if seconds and fresh and _may_cache(work) and _is_good(outcome):
            await self.cache.put(work.principal.tenant, _cache_key(work), outcome, seconds)


def tape_of(principal: Principal, name: str) -> Tape:
    return Tape(principal.tenant, f"{principal.agent}/{principal.subject}", name)


def sort_of(work: Work) -> Sort:
    return Sort(work.version.digest, sha256(canonical(work.arguments)).hexdigest())


def _replayed(call: Call, work: Work, id: str, outcome: Outcome) -> Invocation:
    now, request = time.time(), request_of(call, work.version)
    return Invocation(id, work.principal, request, outcome.verdict.state, outcome, (), now, now, now, 0)


def _may_cache(work: Work) -> bool:
    """Not a probe's call: what it is asked for is how things are now."""
    draft = work.version.draft
    return bool(draft.cache_seconds) and not draft.effect.acts and not work.parent


def _is_good(outcome: Outcome) -> bool:
    fits = outcome.answer is not None and outcome.answer.matches_schema is not False
    return fits and outcome.verdict is Verdict.SUCCEEDED and not outcome.source


def _cache_key(work: Work) -> str:
    principal, sort = work.principal, sort_of(work)
    who = orjson.dumps([principal.agent, principal.subject, sort.tool_digest, sort.arguments_digest])
    return sha256(who).hexdigest()

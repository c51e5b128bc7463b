"""Answers without a call: from the recording of an earlier run, or from a cache of what may be answered again for a while.

A replayed answer has no record of its own and reaches no upstream: it is a test's. A cached one is recorded like any other end,
so that its idempotency key gives the same answer ever after.
"""

import time
from dataclasses import dataclass, replace
from hashlib import sha256

import orjson
import structlog

from gateway.model.errors import QuotaExceeded, RecordedRefusal, ReplayMissed, StoreUnavailable, brief
from gateway.model.invocation import Invocation, Outcome, Verdict
from gateway.pipeline.call import Call, Mode, invocation_id, request_of
from gateway.pipeline.execution import Execution
from gateway.pipeline.recorder import Recorder
from gateway.pipeline.recording_keys import call_key_of, recording_key_of
from gateway.records.recordings.answer_cache import AnswerCache
from gateway.records.recordings.protocol import CallKey, RecordedCall, Recordings

log = structlog.get_logger(__name__)

CACHE = "cache"


@dataclass(frozen=True, slots=True)
class ReplayAndCache:
    recorder: Recorder
    cache: AnswerCache

    @property
    def recordings(self) -> Recordings:
        return self.recorder.recordings

    async def from_recording(self, call: Call, execution: Execution) -> Invocation | None:
        """The recorded end of this call. Raises ReplayMissed where there is none and none may be made, RecordedRefusal where it
        was refused."""
        if not call.mode.replays:
            return None
        id = invocation_id(execution.principal, call.key)
        entry = await self._recorded(call, execution, call_key_of(execution), id)
        if entry is not None and entry.outcome is not None:
            outcome = replace(entry.outcome, source=f"recording:{call.recording}", cost=None)
            await self.recorder.end(execution, id, outcome)
            return _replayed(call, execution, id, outcome)
        if entry is not None:
            raise RecordedRefusal(entry.refusal)
        if call.mode is Mode.REPLAY_STRICT:
            what = f"{execution.version.reference} in the run {brief(call.run_id)}"
            raise ReplayMissed(f"the recording {call.recording} has no such call of {what}")
        return None

    async def _recorded(self, call: Call, execution: Execution, call_key: CallKey, id: str) -> RecordedCall | None:
        principal = execution.principal
        recording_key = recording_key_of(principal, call.recording)
        place = await self.recordings.number(recording_key, call.run_id, call_key, id)
        take = recording_key_of(principal, call.take) if call.take else None
        run = await self.recordings.run_of(recording_key, call_key, take)
        return None if run is None else await self.recordings.find(recording_key, replace(call_key, run=run), place.occurrence)

    async def from_cache(self, execution: Execution) -> Outcome | None:
        if not _may_cache(execution):
            return None
        found = await self.cache.get(execution.principal.tenant, _cache_key(execution))
        return replace(found, source=CACHE, cost=None) if found else None

    async def keep(self, execution: Execution, invocation: Invocation, *, fresh: bool) -> None:
        """Keep how a call ended where its run is recorded, and what ended just now where it may be answered again."""
        if invocation.outcome is not None:
            try:
                await self._keep(execution, invocation.id, invocation.outcome, fresh=fresh)
            # The call's own record is safe; sending its key again fills the gap.
            except (StoreUnavailable, QuotaExceeded) as error:
                log.warning("not_kept", invocation=invocation.id, error=str(error), cure=error.cure)

    async def _keep(self, execution: Execution, id: str, outcome: Outcome, *, fresh: bool) -> None:
        await self.recorder.end(execution, id, outcome)
        seconds = execution.version.draft.cache_seconds
        if seconds and fresh and _may_cache(execution) and _is_good(outcome):
            await self.cache.put(execution.principal.tenant, _cache_key(execution), outcome, seconds)


def _replayed(call: Call, execution: Execution, id: str, outcome: Outcome) -> Invocation:
    now, request = time.time(), request_of(call, execution.version, retention=0.0)
    return Invocation(
        id=id,
        principal=execution.principal,
        request=request,
        state=outcome.verdict.state,
        outcome=outcome,
        attempts=(),
        accepted=now,
        deadline=now,
        ended=now,
        max_attempts=0,
    )


def _may_cache(execution: Execution) -> bool:
    """Not a probe's call: what it is asked for is how things are now."""
    draft = execution.version.draft
    return bool(draft.cache_seconds) and not draft.effect.acts and not execution.origin.parent


def _is_good(outcome: Outcome) -> bool:
    """What names an artifact may name one that has expired when it is answered again."""
    answer = outcome.answer
    fits = answer is not None and answer.matches_schema is not False and answer.artifact is None
    whole = answer is not None and not (answer.pages and answer.pages.stopped)
    return fits and whole and outcome.verdict is Verdict.SUCCEEDED and not outcome.source


def _cache_key(execution: Execution) -> str:
    principal, call_key = execution.principal, call_key_of(execution)
    who = orjson.dumps([principal.agent, principal.subject, call_key.tool_digest, call_key.arguments_digest])
    return sha256(who).hexdigest()

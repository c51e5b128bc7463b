"""The pipeline: what happens to one call, from top to bottom. Read this first.

    1 authenticate   at the edge (`authentication`), for every RPC alike
    2 resolve        name@version → an immutable ToolVersion, of those that the caller's tenant owns or sees
    3 authorize      → Grant or refusal: a caller that may not call the tool has nothing of it worked on
    4 validate       the arguments against its input schema, and build the one request that they mean
    5 recall         where the run replays a recording: what that has
    6 claim          the idempotency key: new, or known (the recorded outcome, or wait for it), or a conflict; nothing new in a
                     run that is over
    7 reserve        the tenant's budget
    8 approve        where the version asks for it
    9 perform        attempts: lease a box → issue a credential → run → record or retry; then a fallback, or a probe
   10 record         the outcome; only then answer

Whatever refuses a call before step 9 has sent anything leaves no record: its key is free again. So is that of a call of which
no attempt was sent, though it has a record.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from gateway.decisions.approvals import require_approval
from gateway.decisions.budget import Budget
from gateway.decisions.endings import cancelled, refused
from gateway.decisions.key_reuse import key_reused
from gateway.decisions.policy import Policy
from gateway.decisions.retention import Retention
from gateway.model.errors import GatewayError, InvocationNotFound, NotPermitted, StoreUnavailable, brief
from gateway.model.invocation import Invocation, Request
from gateway.model.principal import Caller, Principal
from gateway.observability.tracing import describe_outcome, execute_tool, step
from gateway.pipeline.artifact_access import NO_ARTIFACTS, ArtifactAccess
from gateway.pipeline.attempt import LEASE
from gateway.pipeline.call import (
    Answered,
    Call,
    CallTicket,
    fingerprint,
    invocation_id,
    most_attempts,
    request_of,
    require_owner,
)
from gateway.pipeline.execution import Execution
from gateway.pipeline.kept_exchanges import KeptExchanges
from gateway.pipeline.prepared_request import prepared_request
from gateway.pipeline.recent_outcomes import RecentOutcomes
from gateway.pipeline.recorder import WrittenCall
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.pipeline.reserve_keys import find_fallback
from gateway.pipeline.sent_artifacts import sent_body
from gateway.pipeline.settlement import Settlement
from gateway.pipeline.strict_arguments import as_meant
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.lost_attempts import is_dropped
from gateway.records.ledger.protocol import Conflict, Fenced, FencedLease, Known, Ledger, New
from registry.catalog.publications import Catalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.model.errors import RegistryError
from registry.model.tool import JsonObject
from sandbox.api.errors import SandboxError

Refusal = (GatewayError, RegistryError, SandboxError)

#: Seconds for which a cancellation follows an invocation that goes on meanwhile: a fallback that begins is there by then.
CANCELLED_WITHIN = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoker:
    catalogs: Catalogs
    checker: ArgumentChecker
    policy: Policy
    ledger: Ledger
    budget: Budget
    settlement: Settlement
    replay_and_cache: ReplayAndCache
    artifacts: ArtifactAccess = NO_ARTIFACTS
    retention: Retention = field(default_factory=Retention)
    recent_outcomes: RecentOutcomes = field(default_factory=RecentOutcomes)
    kept_exchanges: KeptExchanges = field(default_factory=KeptExchanges)

    def recent_outcome(self, caller: Caller, call: Call) -> Answered | None:
        """The end of a call that was answered here just now; None where the pipeline must find out. Raises NotPermitted."""
        known = self.recent_outcomes.find(caller.principal, call)
        if known is None:
            return None
        self.policy.require_call(caller, known.request.version.partition("@")[0])
        with step("recent_outcome") as span:
            describe_outcome(span, known)
        return Answered(known, from_record=True)

    async def invoke(self, caller: Caller, call: Call, ticket: CallTicket | None = None) -> Answered:
        """The end of the call. `ticket` is for a caller that may not wait for it."""
        written = WrittenCall(caller.principal, call)
        try:
            return await self._invoke(caller, call, ticket or CallTicket(), written)
        except Refusal as refusal:
            await self._record_refusal(caller, written, refusal)
            raise

    async def _invoke(self, caller: Caller, call: Call, ticket: CallTicket, written: WrittenCall) -> Answered:
        principal, asked = caller.principal, call
        with step("resolve"):
            version = require_owner(await self.catalogs.of(principal.tenant).resolve(call.tool), call)
        with execute_tool(version, principal) as span:
            with step("authorize"):
                grant = self.policy.authorize(caller, version)
            with step("validate"):
                call = await as_meant(version, call)
                arguments = await self.checker.read(principal.tenant, version, call.args_json)
                call = call.meaning(arguments)
                request = await prepared_request(version, arguments, principal)
            if call.looks and version.draft.effect.acts:
                raise NotPermitted(f"{version.reference} may change data, so it cannot be called as a probe")
            execution = Execution(
                caller,
                version,
                arguments,
                request,
                grant,
                deadline=monotonic() + call.time_for(version),  # from the claim on the store's clock decides
                repeatable_until=None,
                max_attempts=most_attempts(version.draft, parent=call.parent),
                origin=call.origin,
            )
            print_ = fingerprint(call.tool, arguments, call.said)
            await self._begin_recorded(execution, written)
            answered = await self._from_recording(call, execution) if call.mode.replays else None
            if answered is None:
                await self._require_sent(execution, call, print_)
            retention = self.retention.of(version.draft, parent=call.parent)
            wanted = request_of(call, version, retention, may_call=caller.rule.tools)
            while answered is None:
                with step("claim"):
                    claimed = await self._claim(call, execution, wanted, print_, ticket)
                answered = await self._answer_claim(execution, claimed, print_, ticket)
                # What is claimed once more has only what is left of the time that its caller gave it.
                wanted = replace(wanted, timeout=execution.remaining)
                if answered is not None:
                    await self.keep(execution, answered.invocation, fresh=not answered.from_record)
            describe_outcome(span, answered.invocation)
        if not answered.from_record:  # how long ago that has ended, only the store can tell
            self.recent_outcomes.keep(principal, asked, answered.invocation)
        return answered

    async def keep(self, execution: Execution, ended: Invocation, *, fresh: bool) -> None:
        """Keep what is to be kept of a call beside its record. `fresh`: it has ended just now."""
        await self.replay_and_cache.keep(execution, ended, fresh=fresh)
        await self.kept_exchanges.keep(execution, ended, fresh=fresh)

    async def cancel(self, caller: Caller, id: str) -> Invocation:
        """The invocation as it stands then. Where it goes on meanwhile, its end is told of what it has come to."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CANCELLED_WITHIN):
                while not await self._cancel(caller, id):  # noqa: ASYNC110 - the ledger tells by its answer
                    await asyncio.sleep(CANCELLED_WITHIN / 100)
        return await self.read(caller, id)

    async def _cancel(self, caller: Caller, id: str) -> bool:
        """Whether that was of the invocation as it stands."""
        invocation = await self.read(caller, id)
        place = invocation.principal, id, invocation.life, len(invocation.attempts)
        if not invocation.state.ended and (fallback := await find_fallback(self.ledger, *place)):
            await self.cancel(caller, fallback.id)  # what that has done, it alone can tell, and it tells this one
            return True
        await self.settlement.attempt_loop.ensure_dispatch_recorded(id)
        outcome = cancelled(invocation.request.effect, sent=_sent(invocation))
        done = await self.ledger.cancel(caller.principal.tenant, id, outcome, seen=len(invocation.attempts))
        self.settlement.attempt_loop.check_cancellation(id)
        return done

    async def read(self, caller: Caller, id: str) -> Invocation:
        """The invocation as it stands. Raises InvocationNotFound, also where this caller may not see it: an id is no right."""
        invocation = await self.ledger.read(caller.principal.tenant, id)
        if invocation is None or not self.policy.may_see(caller, invocation.principal):
            raise InvocationNotFound(f"no invocation {brief(id)}")
        return invocation

    async def find(self, principal: Principal, key: str) -> Invocation:
        """The caller's own invocation with this key, as it stands. Raises InvocationNotFound."""
        invocation = await self.ledger.read(principal.tenant, invocation_id(principal, key))
        if invocation is None:
            raise InvocationNotFound("no invocation with this key")
        return invocation

    async def _begin_recorded(self, execution: Execution, written: WrittenCall) -> None:
        """Raises NotPermitted, QuotaExceeded."""
        if execution.origin.recording:
            self.policy.require_record(execution.caller)
            await self.replay_and_cache.recorder.begin(execution, written)

    async def _record_refusal(self, caller: Caller, written: WrittenCall, refusal: Exception) -> None:
        """What of the arguments is secret, the tool's schema says, where there is one."""
        if not written.call.recorded_as or not self.policy.may_record(caller):
            return
        schema: JsonObject = {}
        with suppress(RegistryError, GatewayError):
            schema = (await self.catalogs.of(caller.principal.tenant).resolve(written.call.tool)).draft.input_schema
        await self.replay_and_cache.recorder.refused(written, refusal, schema)

    async def _require_sent(self, execution: Execution, call: Call, print_: str) -> None:
        """An artifact that is not there refuses the call before it has a record: but not one that has a record, which is told,
        or joined, whatever has become of what it has sent."""
        try:
            await sent_body(self.artifacts, execution.caller, execution.request, execution.remaining)
        except GatewayError:
            principal = execution.principal
            known = await self.ledger.read(principal.tenant, invocation_id(principal, call.key))
            if known is None or known.fingerprint != print_ or _leaves_key_free(known):
                raise

    async def _from_recording(self, call: Call, execution: Execution) -> Answered | None:
        with step("recording"):
            recorded = await self.replay_and_cache.from_recording(call, execution)
        return Answered(recorded, from_record=True) if recorded else None

    async def _claim(self, call: Call, execution: Execution, wanted: Request, print_: str, ticket: CallTicket) -> New | Known:
        """Claim the key; where the very same call is under way already, wait for its end."""
        principal, id = execution.principal, invocation_id(execution.principal, call.key)
        while True:
            claimed = await self.ledger.claim(
                id, print_, principal, wanted, lease=LEASE, call_token=call.token, looks=call.looks
            )
            if isinstance(claimed, Conflict):
                if known := await self.ledger.read(principal.tenant, id):
                    raise key_reused(known, call.tool)
                continue  # its record went just now, and the key is free
            if isinstance(claimed, New) or claimed.invocation.state.ended:
                return claimed
            ticket.accepted.set()
            waited = await self._ended(principal.tenant, id, print_)
            if waited is not None:
                return Known(waited)  # also where its end leaves the key free: who waited for a call gets what became of it
            wanted = replace(wanted, timeout=execution.remaining)

    async def _ended(self, tenant: str, id: str, print_: str) -> Invocation | None:
        """The end of this very call. None where its record is gone, or another call's by now, or its holder was lost before an
        attempt: then the key is to be claimed."""
        async for _ in self.ledger.events(tenant, id):
            pass
        found = await self.ledger.read(tenant, id)
        if found is None or not found.state.ended or found.fingerprint != print_:
            return None
        return None if is_dropped(found) else found

    async def _answer_claim(
        self, execution: Execution, claimed: New | Known, print_: str, ticket: CallTicket
    ) -> Answered | None:
        """None where the record was dropped meanwhile: then nothing was sent, and the key can be claimed again."""
        if isinstance(claimed, Known):
            return Answered(claimed.invocation, from_record=True)
        try:
            with self.budget.reserve(execution.principal):
                require_approval(execution.version)
                ticket.accepted.set()
                execution = replace(execution.within(claimed.bounds), life=claimed.life)
                invocation = await self._from_cache_or_attempts(execution, claimed.held, print_)
        except Refusal as refusal:
            invocation = await self._refused(claimed.held, refusal, ticket)
        return Answered(invocation, from_record=False) if invocation else None

    async def _from_cache_or_attempts(self, execution: Execution, held: FencedLease, print_: str) -> Invocation | None:
        try:
            if cached := await self.replay_and_cache.from_cache(execution):
                return await until_stored(partial(self.ledger.record, held, cached, None))
            return await self.settlement.attempts_then_probe(execution, held, self.invoke)
        except Fenced:  # another gateway took it over or dropped it, or it was cancelled between two attempts
            return await self._ended(held.tenant, held.id, print_)

    async def _refused(self, held: FencedLease, refusal: Exception, ticket: CallTicket) -> Invocation | None:
        """Nothing was sent: the key is free again, and the refusal goes to the caller; or into the record, where that was told
        that the call is under way."""
        if ticket.told:
            with suppress(Fenced):
                return await until_stored(partial(self.ledger.record, held, refused(refusal), None, refused=True))
            return await self.ledger.read(held.tenant, held.id)
        with suppress(Fenced, StoreUnavailable):
            await self.ledger.release(held)
        raise refusal


def _leaves_key_free(known: Invocation) -> bool:
    """Whether the same call with the same key is made anew."""
    return is_dropped(known) or (known.outcome is not None and known.outcome.not_done)


def _sent(invocation: Invocation) -> bool:
    """Whether an attempt that counts may have reached the upstream.

    Where it may not be repeated, another attempt follows only one that sent nothing, or what a review has decided about.
    """
    sent = any(not attempt.evidence.undone for attempt in invocation.attempts)
    return sent and invocation.request.effect.repeatable

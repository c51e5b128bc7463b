"""The pipeline: what happens to one call, from top to bottom. Read this first.

    1 authenticate   at the edge (`authentication`), for every RPC alike
    2 resolve        name@version → an immutable ToolVersion
    3 validate       the arguments against its input schema, and build the one request that they mean
    4 authorize      with the arguments in view → Grant or refusal
    5 recall         where the run replays a recording: what that has
    6 claim          the idempotency key: new, or known (the recorded outcome, or wait for it), or a conflict
    7 reserve        the tenant's budget
    8 approve        where the version asks for it
    9 perform        attempts: lease a box → issue a credential → run → record or retry; then a fallback, or a probe
   10 record         the outcome; only then answer

Whatever refuses a call before step 9 has sent anything leaves no record: its key is free again.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from gateway.decisions.approvals import require_approval
from gateway.decisions.budget import Budget
from gateway.decisions.policy import Policy
from gateway.decisions.result_policy import cancelled, refused
from gateway.model.errors import GatewayError, InvocationNotFound, KeyReused, NotPermitted, StoreUnavailable
from gateway.model.invocation import Invocation
from gateway.model.principal import Principal
from gateway.observability.tracing import describe_outcome, execute_tool, step
from gateway.pipeline.attempt import LEASE
from gateway.pipeline.execution import Work
from gateway.pipeline.recent_outcomes import Replays
from gateway.pipeline.replay_and_cache import Recall
from gateway.pipeline.request import Answered, Call, Ticket, fallback_key, fingerprint, invocation_id, most_attempts, request_of
from gateway.pipeline.settlement import Performing
from gateway.pipeline.until_stored import insist
from gateway.records.ledger.protocol import Conflict, Fenced, Hold, Known, Ledger, New
from registry.calling.arguments import ArgumentChecker, parse
from registry.calling.request import prepare
from registry.catalog.catalog import Catalog
from registry.model.errors import RegistryError
from sandbox.api.errors import SandboxError
from sandbox.api.result import Evidence

Refusal = (GatewayError, RegistryError, SandboxError)


@dataclass(frozen=True, slots=True)
class Invoker:
    catalog: Catalog
    checker: ArgumentChecker
    policy: Policy
    ledger: Ledger
    budget: Budget
    performing: Performing
    recall: Recall
    replays: Replays = field(default_factory=Replays)

    def replay(self, principal: Principal, call: Call) -> Answered | None:
        """The end of a call that was answered here just now; None where the pipeline must find out."""
        known = self.replays.find(principal, call)
        if known is None:
            return None
        with step("replay") as span:
            describe_outcome(span, known)
        return Answered(known, replayed=True)

    async def invoke(self, principal: Principal, call: Call, ticket: Ticket | None = None) -> Answered:
        """The end of the call. `ticket` is for a caller that may not wait for it."""
        ticket = ticket or Ticket()
        with step("resolve"):
            version = await self.catalog.resolve(call.tool)
        with execute_tool(version, principal) as span:
            with step("validate"):
                arguments = parse(call.args_json)
                self.checker.check(version, arguments)
                request = prepare(version, arguments)
            if call.looks and version.draft.effect.acts:
                raise NotPermitted(f"{version.name} may change what it is to look at: it is no probe")
            with step("authorize"):
                grant = self.policy.authorize(principal, version, arguments)
            now, most = monotonic(), most_attempts(version.draft, parent=call.parent)
            deadline = now + call.time_for(version)
            work = Work(principal, version, arguments, request, grant, now, deadline, most, *call.belongs_to)
            answered = await self._replay(call, work) if call.mode.replays else None
            while answered is None:
                with step("claim"):
                    claimed = await self._claim(call, work, ticket)
                answered = await self._answer(work, claimed, ticket)
                if answered is not None:
                    await self.recall.keep(work, answered.invocation, fresh=not answered.replayed)
            describe_outcome(span, answered.invocation)
        self.replays.keep(principal, call, answered.invocation)
        return answered

    async def cancel(self, principal: Principal, id: str) -> Invocation:
        invocation = await self.read(principal, id)
        fallback = invocation_id(invocation.principal, fallback_key(id, len(invocation.attempts)))
        if not invocation.state.ended and await self.ledger.read(principal.tenant, fallback):
            await self.cancel(principal, fallback)  # what that has done, it alone can tell, and it tells this one
            return await self.read(principal, id)
        sent = any(attempt.evidence is not Evidence.NOT_SENT for attempt in invocation.attempts)
        await self.performing.carrier.declare(id)
        await self.ledger.cancel(principal.tenant, id, cancelled(invocation.request.effect, sent=sent))
        self.performing.carrier.poke(id)
        return await self.read(principal, id)

    async def read(self, principal: Principal, id: str) -> Invocation:
        """The invocation as it stands. Raises InvocationNotFound, also for one of another tenant."""
        invocation = await self.ledger.read(principal.tenant, id)
        if invocation is None:
            raise InvocationNotFound(f"no invocation {id}")
        return invocation

    async def _replay(self, call: Call, work: Work) -> Answered | None:
        with step("recall"):
            replayed = await self.recall.replay(call, work)
        return Answered(replayed, replayed=True) if replayed else None

    async def _claim(self, call: Call, work: Work, ticket: Ticket) -> New | Known:
        """Claim the key; where the very same call is under way already, wait for its end."""
        principal, request = work.principal, request_of(call, work.version)
        id, print_ = invocation_id(principal, call.key), fingerprint(call.tool, work.arguments)
        while True:
            claimed = await self.ledger.claim(id, print_, principal, request, lease=LEASE)
            if isinstance(claimed, Conflict):
                raise KeyReused("this idempotency key belongs to another call")
            if isinstance(claimed, New) or claimed.invocation.state.ended:
                return claimed
            ticket.accepted.set()
            async for _ in self.ledger.events(principal.tenant, id):
                pass  # until it has ended, or was released: then the key is free, and ours to claim

    async def _answer(self, work: Work, claimed: New | Known, ticket: Ticket) -> Answered | None:
        """None where the record was dropped meanwhile: then nothing was sent, and the key can be claimed again."""
        if isinstance(claimed, Known):
            return Answered(claimed.invocation, replayed=True)
        try:
            with self.budget.reserve(work.principal):
                require_approval(work.version)
                ticket.accepted.set()
                invocation = await self._carry_out(work, claimed.hold)
        except Refusal as refusal:
            invocation = await self._refused(claimed.hold, refusal, ticket)
        return Answered(invocation, replayed=False) if invocation else None

    async def _carry_out(self, work: Work, hold: Hold) -> Invocation | None:
        try:
            if cached := await self.recall.cached(work):
                return await insist(partial(self.ledger.record, hold, cached, None))
            return await self.performing.perform(work, hold, self.invoke)
        except Fenced:  # another gateway took it over or dropped it, or it was cancelled between two attempts
            async for _ in self.ledger.events(hold.tenant, hold.id):
                pass
            return await self.ledger.read(hold.tenant, hold.id)

    async def _refused(self, hold: Hold, refusal: Exception, ticket: Ticket) -> Invocation | None:
        """Nothing was sent: the key is free again, and the refusal goes to the caller; or into the record, where that was told
        that the call is under way."""
        if ticket.told:
            with suppress(Fenced):
                return await insist(partial(self.ledger.record, hold, refused(refusal), None))
            return await self.ledger.read(hold.tenant, hold.id)
        with suppress(Fenced, StoreUnavailable):
            await self.ledger.release(hold)
        raise refusal

"""The pipeline: what happens to one call, from top to bottom. Read this first.

    1 authenticate   at the edge (`authentication`), for every RPC alike
    2 resolve        name@version → an immutable ToolVersion
    3 validate       the arguments against its input schema, and build the one request that they mean
    4 authorize      with the arguments in view → Grant or refusal
    5 claim          the idempotency key: new, or known (the recorded outcome, or wait for it), or a conflict
    6 reserve        the tenant's budget
    7 approve        where the version asks for it
    8 carry out      attempts: lease a box → issue a credential → run → record or retry
    9 record         the outcome; only then answer

Whatever refuses a call before step 8 has sent anything leaves no record: its key is free again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic, time

import orjson

from gateway.attempt import LEASE
from gateway.carrying import Carrier
from gateway.decisions.approvals import require_approval
from gateway.decisions.budget import Budget
from gateway.decisions.decision import cancelled
from gateway.decisions.policy import Policy
from gateway.errors import GatewayError, InvocationNotFound, KeyReused, StoreUnavailable
from gateway.invocation import Invocation, Outcome, Request, Verdict
from gateway.principal import Principal
from gateway.records.ledger import Conflict, Fenced, Hold, Known, Ledger, New
from gateway.telemetry import describe_outcome, execute_tool, step, traceparent
from gateway.work import Work
from registry.arguments import ArgumentChecker, canonical, parse
from registry.catalog import Catalog
from registry.errors import RegistryError
from registry.request import prepare
from registry.tool import JsonObject, ToolVersion
from sandbox.errors import SandboxError

Refusal = (GatewayError, RegistryError, SandboxError)


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller asks for. `timeout` in seconds, None for the version's own."""

    tool: str
    args_json: bytes = field(repr=False)
    key: str = field(repr=False)
    run_id: str = ""
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An invocation that has ended. `replayed`: nothing ran for this answer."""

    invocation: Invocation
    replayed: bool


@dataclass(frozen=True, slots=True)
class Invoker:
    catalog: Catalog
    checker: ArgumentChecker
    policy: Policy
    ledger: Ledger
    budget: Budget
    carrier: Carrier

    async def invoke(self, principal: Principal, call: Call) -> Answered:
        with step("resolve"):
            version = await self.catalog.resolve(call.tool)
        with execute_tool(version, principal) as span:
            with step("validate"):
                arguments = parse(call.args_json)
                self.checker.check(version, arguments)
                request = prepare(version, arguments)
            with step("authorize"):
                grant = self.policy.authorize(principal, version, arguments)
            work = Work(principal, version, request, grant, monotonic(), monotonic() + self._timeout(call, version))
            answered = None
            while answered is None:
                with step("claim"):
                    claimed = await self._claim(principal, call, version, arguments)
                answered = await self._answer(work, claimed)
            describe_outcome(span, answered.invocation)
            return answered

    async def resume(self, tenant: str, id: str) -> None:
        """Go on with an invocation whose gateway died between two attempts."""
        with suppress(Fenced):
            hold = await self.ledger.resume(tenant, id, lease=LEASE)
            invocation = await self.ledger.read(tenant, id)
            if invocation is not None:
                await self._resume_or_end(hold, invocation)

    async def cancel(self, principal: Principal, id: str) -> Invocation:
        invocation = await self.read(principal, id)
        sent = bool(invocation.attempts)
        await self.ledger.cancel(principal.tenant, id, cancelled(invocation.request.effect, sent=sent))
        self.carrier.poke(id)
        return await self.read(principal, id)

    async def read(self, principal: Principal, id: str) -> Invocation:
        """The invocation as it stands. Raises InvocationNotFound, also for one of another tenant."""
        invocation = await self.ledger.read(principal.tenant, id)
        if invocation is None:
            raise InvocationNotFound(f"no invocation {id}")
        return invocation

    async def _claim(self, principal: Principal, call: Call, version: ToolVersion, arguments: JsonObject) -> New | Known:
        """Claim the key; where the very same call is under way already, wait for its end."""
        id, request = invocation_id(principal, call.key), self._request(call, version)
        while True:
            claimed = await self.ledger.claim(id, fingerprint(call.tool, arguments), principal, request, lease=LEASE)
            if isinstance(claimed, Conflict):
                raise KeyReused("this idempotency key belongs to another call")
            if isinstance(claimed, New) or claimed.invocation.state.ended:
                return claimed
            async for _ in self.ledger.events(principal.tenant, id):
                pass  # until it has ended, or was released: then the key is free, and ours to claim

    async def _answer(self, work: Work, claimed: New | Known) -> Answered | None:
        """None where the record was dropped meanwhile: then nothing was sent, and the key can be claimed again."""
        if isinstance(claimed, Known):
            return Answered(claimed.invocation, replayed=True)
        async with self._released_when_refused(claimed.hold):
            with self.budget.reserve(work.principal):
                require_approval(work.version)
                invocation = await self._carry_out(work, claimed.hold)
        return Answered(invocation, replayed=False) if invocation else None

    async def _carry_out(self, work: Work, hold: Hold) -> Invocation | None:
        try:
            return await self.carrier.carry_out(work, hold)
        except Fenced:  # another gateway took it over or dropped it, or it was cancelled between two attempts
            async for _ in self.ledger.events(hold.tenant, hold.id):
                pass
            return await self.ledger.read(hold.tenant, hold.id)

    async def _resume_or_end(self, hold: Hold, invocation: Invocation) -> None:
        """What may no longer be done (a tool retired, a permission taken away since) ends here: nobody is left to be told."""
        try:
            await self._resume(hold, invocation)
        except Refusal as refusal:
            outcome = Outcome(Verdict.SANDBOX_FAILED, fault=type(refusal).__name__, message=str(refusal))
            await self.ledger.record(hold, outcome, None)

    async def _resume(self, hold: Hold, invocation: Invocation) -> None:
        request, principal = invocation.request, invocation.principal
        version = await self.catalog.resolve(request.version)
        with execute_tool(version, principal, resumed_from=request.traceparent) as span:
            arguments = parse(request.args_json)
            grant = self.policy.authorize(principal, version, arguments)
            began = monotonic() - time()
            accepted, deadline = began + invocation.accepted, began + invocation.deadline
            work = Work(principal, version, prepare(version, arguments), grant, accepted, deadline)
            describe_outcome(span, await self.carrier.carry_out(work, hold, past=invocation.attempts))

    @asynccontextmanager
    async def _released_when_refused(self, hold: Hold) -> AsyncIterator[None]:
        try:
            yield
        except Refusal:
            with suppress(Fenced, StoreUnavailable):
                await self.ledger.release(hold)
            raise

    @staticmethod
    def _timeout(call: Call, version: ToolVersion) -> float:
        limit = version.draft.limits.timeout
        return min(call.timeout, limit) if call.timeout else limit

    def _request(self, call: Call, version: ToolVersion) -> Request:
        return Request(
            tool=call.tool,
            version=version.reference,
            digest=version.digest,
            effect=version.draft.effect,
            args_json=call.args_json,
            run_id=call.run_id,
            traceparent=traceparent(),
            timeout=self._timeout(call, version),
            max_attempts=version.draft.limits.max_attempts,
        )


def invocation_id(principal: Principal, key: str) -> str:
    """One id for each tenant, caller and key. The key itself is stored nowhere: it may be guessable, or say too much."""
    scope = orjson.dumps([principal.tenant, principal.agent, principal.subject, key])
    return f"inv_{sha256(scope).hexdigest()[:32]}"


def fingerprint(tool: str, arguments: JsonObject) -> str:
    """SHA-256 over canonical JSON (RFC 8785) of what was asked for: the tool as the caller wrote it, and the arguments."""
    return sha256(canonical({"arguments": arguments, "tool": tool})).hexdigest()

"""Goes on with an invocation between two attempts. This gateway may have made the first, another one, or a lost one."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import structlog

from gateway.decisions.endings import refused
from gateway.decisions.history import History
from gateway.decisions.policy import Policy
from gateway.decisions.upstream_idempotency import effect_within
from gateway.model.errors import GatewayError, StoreUnavailable
from gateway.model.invocation import Invocation
from gateway.model.principal import Caller, Rule
from gateway.observability.tracing import describe_outcome, execute_tool
from gateway.pipeline.attempt import LEASE
from gateway.pipeline.call import CallOrigin
from gateway.pipeline.execution import Execution
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.prepared_request import prepared_request
from gateway.pipeline.settlement import Settlement
from gateway.pipeline.version_of import version_to_call, version_to_show
from gateway.records.ledger.protocol import Fenced, Ledger, Resumed, TimeBounds
from registry.calling.arguments import read
from registry.catalog.publications import Catalogs
from registry.model.errors import RegistryError
from registry.model.tool import ToolVersion
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recovery:
    catalogs: Catalogs
    policy: Policy
    ledger: Ledger
    invoker: Invoker

    @property
    def settlement(self) -> Settlement:
        return self.invoker.settlement

    async def resume(self, tenant: str, id: str) -> bool:
        """Go on with an invocation that is due. False where it cannot be taken up yet: the lost holder's box is not gone."""
        try:
            resumed = await self.ledger.resume(tenant, id, lease=LEASE)
        except Fenced:
            return False
        invocation = await self.ledger.read(tenant, id)
        if invocation is not None:
            with suppress(Fenced):
                await self._go_on_or_end(resumed, invocation)
        return True

    async def probe_unknown(self, tenant: str, id: str) -> bool:
        """Find out what became of an invocation under review whose gateway died before it could ask the probe.

        False where there is a probe that could not be asked yet.
        """
        invocation, bounds = await self.ledger.read(tenant, id), await self.ledger.bounds(tenant, id)
        if invocation is None or bounds is None or invocation.review is None or not invocation.review.open:
            return True
        try:
            version = await version_to_call(self.catalogs, invocation)
            if version.draft.probe is None:
                return True
            if not await self.ledger.box_gone(tenant, id):
                return False
            execution = await self._execution(invocation, version, bounds)
            return await self.settlement.find_out(execution, invocation, self.invoker.invoke) is not None
        except (GatewayError, RegistryError) as refusal:
            log.warning("probe_not_asked", invocation=id, reason=type(refusal).__name__)
            return False

    async def _go_on_or_end(self, resumed: Resumed, invocation: Invocation) -> None:
        """Go on, or record a refusal (the tool was retired since): no caller waits to be told."""
        try:
            await self._go_on(resumed, invocation)
        except StoreUnavailable as error:  # says nothing of the call: its lease lapses, and it is taken up again
            log.warning("not_gone_on_with", invocation=invocation.id, error=str(error))
        except (GatewayError, RegistryError, SandboxError) as refusal:
            effect = effect_within(invocation.request.effect, resumed.bounds.repeatable_until, monotonic())
            outcome = (await self._history(invocation)).in_view_of(refused(refusal), effect)
            await self.ledger.record(resumed.held, outcome, None)

    async def _go_on(self, resumed: Resumed, invocation: Invocation) -> None:
        version = await version_to_call(self.catalogs, invocation)
        with execute_tool(version, invocation.principal, resumed_from=invocation.request.traceparent) as span:
            execution = await self._execution(invocation, version, resumed.bounds)
            history = _history(invocation, version)
            ended = await self.settlement.attempts_then_probe(execution, resumed.held, self.invoker.invoke, history)
            await self.invoker.keep(execution, ended, fresh=True)
            describe_outcome(span, ended)

    async def _history(self, invocation: Invocation) -> History:
        """Its attempts, also where its version may not be called any more."""
        try:
            version = await version_to_show(self.catalogs, invocation)
        except RegistryError:  # then too few of them count as judged, never too many
            return _history(invocation, None)
        return _history(invocation, version)

    async def _execution(self, invocation: Invocation, version: ToolVersion, bounds: TimeBounds) -> Execution:
        # In a thread: large arguments take a while. They fitted when the call was accepted.
        arguments = await asyncio.to_thread(read, invocation.request.args_json)
        was, request = invocation.request, await prepared_request(version, arguments, invocation.principal)
        return Execution(
            Caller(invocation.principal, Rule(was.may_call)),  # it was authorized when its key was claimed
            version,
            arguments,
            request,
            self.policy.grant(version),
            deadline=bounds.deadline,
            repeatable_until=bounds.repeatable_until,
            max_attempts=invocation.max_attempts,
            origin=CallOrigin(was.run_id, was.parent, was.recording, was.place.step),
            life=invocation.life,
        )


def _history(invocation: Invocation, version: ToolVersion | None) -> History:
    """With how many of the attempts a review has decided about: what they may have done is settled, and no reason against
    another one. All before the one that it has granted, and before the fallback, which it grants where the version has one."""
    if invocation.review is None or invocation.review.open:
        return History(invocation.attempts)
    has_fallback = version is None or (version.draft.fallback is not None and not invocation.request.parent)
    return History(invocation.attempts, max(0, invocation.max_attempts - 1 - has_fallback))

"""One try in one box: lease → issue → run. Whatever happens inside, what comes out is a Result and a true record of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import structlog

from gateway.decisions.circuit_breaker import Breakers, is_alive
from gateway.model.errors import GatewayError, StoreUnavailable, UpstreamOpen
from gateway.model.invocation import Attempt
from gateway.observability.tracing import attempt_span, describe_attempt, step, trace_id_of, traceparent
from gateway.pipeline.attempt_log import Trail
from gateway.pipeline.execution import Work
from gateway.pipeline.job_builder import job_for, needs_no_permission, spec_for
from gateway.pipeline.obligations import TOKEN
from gateway.records.ledger.protocol import Fenced, Hold, Ledger
from gateway.secrets.credentials import Credentials, Purpose
from sandbox.api.errors import ImageMissing, ImageUnusable, SandboxError
from sandbox.api.job import Secret
from sandbox.api.ports import Box, Pool
from sandbox.api.result import Fault, Faulted, Result, Usage

log = structlog.get_logger(__name__)

LEASE = 15.0
#: Seconds after which a holder that says nothing is given up.
SEND_WITHIN = 5.0
#: Seconds in which the runner must begin to send once it may: less than LEASE, so that nothing leaves after the record was
#: given up.
QUEUE = 5.0
#: Seconds to wait for a box.
TOKEN_MARGIN = 5.0
#: Seconds that a token may outlive its attempt's time, should nobody be left to revoke it.


class Attempts:
    """`vault`: the URL under which boxes reach Vault."""

    def __init__(self, pool: Pool, credentials: Credentials, ledger: Ledger, breakers: Breakers, vault: str) -> None:
        self._pool = pool
        self._credentials = credentials
        self._ledger = ledger
        self._breakers = breakers
        self._vault = vault

    async def make(self, work: Work, hold: Hold, trail: Trail) -> tuple[Result, Attempt]:
        """Make one attempt. Raises only what refuses the very first one: then nothing was sent and nothing is recorded."""
        with attempt_span(trail.number) as span:
            result = await self._supervised(work, hold, trail)
            attempt = trail.close(result)
            describe_attempt(span, attempt, result.usage, trail.started + trail.job_offset)
        return result, attempt

    async def declare(self, hold: Hold, trail: Trail) -> None:
        """Write DISPATCHED for what was sent unasked, before its end is there."""
        if trail.unasked:
            with suppress(Fenced, StoreUnavailable):  # the record is another's by now; or it is written with the end
                await self._dispatch(hold, trail)

    async def _supervised(self, work: Work, hold: Hold, trail: Trail) -> Result:
        try:
            return await self._run(work, hold, trail)
        except Fenced:
            raise
        except ImageMissing as error:
            return Faulted(Fault.IMAGE_MISSING, trail.evidence, str(error), Usage())
        except ImageUnusable as error:
            return Faulted(Fault.IMAGE_UNUSABLE, trail.evidence, str(error), Usage())
        except (GatewayError, SandboxError) as refusal:
            if trail.number == 1 and not trail.permitted and not _has_way_round(refusal, work):
                raise
            return _faulted(refusal, trail)
        except Exception as defect:
            log.exception("attempt_failed", invocation=hold.id, attempt=trail.number)
            return _faulted(defect, trail)

    async def _run(self, work: Work, hold: Hold, trail: Trail) -> Result:
        whole_time = work.attempt_timeout >= work.version.draft.limits.attempt_timeout
        with self._breakers.passage(hold.tenant, work.upstream) as passage:
            async with self._leased(work, trail) as box:
                secret = await self._issue(work, hold, trail)
                trail.job_offset = trail.elapsed
                job = job_for(work, hold, secret)
                if needs_no_permission(job):
                    trail.unasked = True
                    trail.let_go()
                result = await box.run(job, lambda: self._permit(hold, trail))
            if work.version.draft.container is None:  # a program may be slow by itself, and reach anything or nothing
                passage.alive = is_alive(result, whole_time=whole_time)
            return result

    @asynccontextmanager
    async def _leased(self, work: Work, trail: Trail) -> AsyncIterator[Box]:
        async with AsyncExitStack() as stack:
            with trail.phase("lease"), step("lease"):
                spec, tenant = spec_for(work.version.draft), work.principal.tenant
                leasing = self._pool.lease(work.grant.egress, wait=min(QUEUE, work.remaining), tenant=tenant, spec=spec)
                box = await stack.enter_async_context(leasing)
            trail.box = box.name
            yield box

    async def _issue(self, work: Work, hold: Hold, trail: Trail) -> Secret | None:
        """The secret, if the version has a credential. Owed as soon as it exists, and in the ledger before it is used."""
        binding = work.version.draft.credential
        if binding is None:
            return None
        purpose = Purpose(work.version, hold.tenant, hold.id, trail.number, trace_id_of(traceparent()))
        with trail.phase("credential"), step("credential"):
            credential = await self._credentials.issue(purpose, ttl=work.attempt_timeout + TOKEN_MARGIN)
            trail.accessor = credential.accessor
            trail.owed.append(f"{TOKEN}:{credential.accessor}")
            await self._ledger.oblige(hold, credential.accessor, trail.number)
        return Secret(
            vault=self._vault,
            wrapping_token=credential.wrapping_token,
            path=binding.path,
            field=binding.field,
            place=binding.place.value,
            name=binding.name,
            prefix=binding.prefix,
            basic=binding.basic,
        )

    async def _permit(self, hold: Hold, trail: Trail) -> float | None:
        """DISPATCHED is durable before the answer is yes. Where nobody asked, it is written with the attempt's end."""
        try:
            with step("dispatch"):
                await self._dispatch(hold, trail)
        except (Fenced, StoreUnavailable) as refusal:
            log.warning("permission_refused", invocation=hold.id, reason=type(refusal).__name__)
            return None
        trail.let_go()
        return SEND_WITHIN

    async def _dispatch(self, hold: Hold, trail: Trail) -> None:
        async with trail.telling:  # a cancellation tells of it, too, and a second telling would be refused
            if not trail.dispatched:
                await self._ledger.dispatch(hold, attempt=trail.number, box=trail.box)
                trail.dispatched = True


def _has_way_round(refusal: Exception, work: Work) -> bool:
    """Whether the version's fallback may answer where its own upstream is down."""
    return isinstance(refusal, UpstreamOpen) and work.fallback is not None


def _faulted(error: Exception, trail: Trail) -> Faulted:
    if isinstance(error, UpstreamOpen):
        return Faulted(Fault.UPSTREAM_OPEN, trail.evidence, str(error), Usage(), error.retry_after)
    expected = isinstance(error, GatewayError | SandboxError)
    fault = Fault.SECRET_UNAVAILABLE if isinstance(error, GatewayError) else Fault.BOX_DIED
    return Faulted(fault, trail.evidence, str(error) if expected else "A defect of the gateway; see its log.", Usage())

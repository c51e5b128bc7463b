"""One try in one box: tokens → lease → issue → run. Whatever happens, what comes out is a Result and a true record of it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

import structlog

from gateway.decisions.circuit_breaker import CircuitBreakers, is_alive
from gateway.decisions.fault_of_error import cause_and_cure, fault_of
from gateway.decisions.result_policy import evidence_of, head_of
from gateway.decisions.token_refusal import lacks_secret, refuses_token, undone_statuses, worth_another_token
from gateway.model.errors import GatewayError, StoreUnavailable, TokenUnavailable, UpstreamOpen
from gateway.model.invocation import Attempt
from gateway.observability.tracing import attempt_span, describe_attempt, step, trace_id_of, traceparent
from gateway.pipeline.artifact_access import NO_ARTIFACTS, ArtifactAccess
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.execution import Execution
from gateway.pipeline.job_builder import job_for, needs_no_permission, spec_for, with_trust
from gateway.pipeline.large_answers import keep_whole, may_spill, run_spilling, with_artifacts
from gateway.pipeline.live_answers import LiveAnswers
from gateway.pipeline.obligations import TOKEN
from gateway.pipeline.sent_artifacts import sent_body, with_source
from gateway.pipeline.token_boxes import TokenBoxes
from gateway.pipeline.views import KeepWhole
from gateway.records.ledger.protocol import Fenced, FencedLease, Ledger
from gateway.secrets.credentials import Credential, Credentials, Purpose
from gateway.secrets.persons import named, person_for
from gateway.secrets.vault_reach import VaultReach
from registry.credentials.kinds import for_runner, path_of
from registry.model.tool import CredentialBinding, ToolVersion
from sandbox.api.errors import ImageMissing, ImageUnusable, PoolExhausted, SandboxError
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Job, ProgramJob, Secret, SecretReference
from sandbox.api.ports import Box, Pool
from sandbox.api.result import Completed, Faulted, Responded, Result, Usage

log = structlog.get_logger(__name__)

#: Seconds after which a holder that says nothing is given up.
LEASE = 15.0

#: Seconds in which the runner must begin to send once it may: less than LEASE, so that nothing leaves after the record was
#: given up.
SEND_WITHIN = 5.0

#: Seconds to wait for a box.
QUEUE = 5.0

#: Seconds that a token may outlive its attempt's time, should its gateway be lost before it revoked it.
TOKEN_MARGIN = 5.0

#: Why a ledger that is there refuses to let a call go.
FENCED = "it was cancelled, its time is over, or another gateway has it"


#: PEM: who may vouch for an upstream, beside those that a box trusts anyway, as an operator says it now.
Authorities = Callable[[], str]


class AttemptRunner:
    """`vault`: how boxes reach Vault. `authorities`: whom they believe beside the system's own. `artifacts`: those that calls
    send and get. `live`: who is told of streamed answers while they come."""

    def __init__(
        self,
        pool: Pool,
        credentials: Credentials,
        ledger: Ledger,
        breakers: CircuitBreakers,
        vault: VaultReach,
        *,
        tokens: TokenBoxes,
        authorities: Authorities = str,
        artifacts: ArtifactAccess = NO_ARTIFACTS,
        live: LiveAnswers | None = None,
    ) -> None:
        self._pool = pool
        self._credentials = credentials
        self._ledger = ledger
        self._breakers = breakers
        self._vault = vault
        self._tokens = tokens
        self._authorities = authorities
        self._artifacts = artifacts
        self._live = live or LiveAnswers()

    async def attempt_in_span(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> tuple[Result, Attempt]:
        """Make one attempt. Raises only what refuses the very first one: then nothing was sent and nothing is recorded."""
        with attempt_span(attempt_log.number) as span:
            result = await self._failures_as_results(execution, held, attempt_log)
            undone = undone_statuses(head_of(result), execution.version.draft)
            attempt = attempt_log.close(result, evidence_of(result, undone))
            describe_attempt(span, attempt, result.usage, attempt_log.started + attempt_log.job_offset)
        return result, attempt

    def keeper(self, execution: Execution, held: FencedLease) -> KeepWhole | None:
        """What keeps for the caller what a view leaves out. None where there is no store of artifacts."""
        store = self._artifacts.artifacts
        return partial(keep_whole, store, execution.principal, held.id) if store else None

    async def drain(self, grace: float) -> None:
        """Wait, up to `grace` seconds, for the tokens that are being obtained."""
        await self._tokens.drain(grace)

    async def ensure_dispatch_recorded(self, held: FencedLease, attempt_log: AttemptLog) -> None:
        """Write DISPATCHED for what was sent unasked, before its end is there."""
        if attempt_log.unasked:
            with suppress(Fenced, StoreUnavailable):  # the record is another's by now; or it is written with the end
                await self._dispatch(held, attempt_log)

    async def _failures_as_results(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> Result:
        try:
            return await self._lease_issue_run(execution, held, attempt_log)
        except Fenced:
            raise
        except (ImageMissing, ImageUnusable) as error:
            return _refused(error, attempt_log)
        except (GatewayError, SandboxError) as refusal:
            if isinstance(refusal, PoolExhausted) and execution.remaining <= 0:
                return _over(attempt_log)
            if attempt_log.number == 1 and not attempt_log.permitted and not _has_way_round(refusal, execution):
                raise
            return _refused(refusal, attempt_log)
        except Exception:
            log.exception("attempt_failed", invocation=held.id, attempt=attempt_log.number)
            return Faulted(FaultCode.INTERNAL, attempt_log.evidence, "A defect of the gateway; see its log.", Usage())

    async def _lease_issue_run(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> Result:
        used = await self._tokens.ready(execution, held, attempt_log)
        whole_time = execution.attempt_timeout >= execution.version.draft.limits.attempt_timeout
        body = await sent_body(self._artifacts.of_tenant, execution.caller, execution.request, execution.remaining)
        leasing = self._leasing(execution, body.size if body else 0)
        with self._breakers.permit(held.tenant, execution.upstream) as permit:
            async with _timed(leasing, attempt_log) as box:
                secret = await self._issue(execution, held, attempt_log)
                certificate = await self._issue_certificate(execution, held, attempt_log)
                if execution.remaining <= 0:
                    return _over(attempt_log)
                attempt_log.job_offset = attempt_log.elapsed
                job = with_trust(job_for(execution, held, secret), self._authorities(), certificate)
                if body is not None and isinstance(job, Job):
                    job = with_source(job, body)
                if needs_no_permission(job):
                    attempt_log.unasked = True
                    attempt_log.let_go()
                result = _with_cause(await self._run(execution, held, attempt_log, box, job), attempt_log)
            head, draft = head_of(result), execution.version.draft
            if worth_another_token(head, draft) or lacks_secret(result):
                await self._tokens.refused(used, certain=refuses_token(head, draft))
            if execution.version.draft.container is None:  # a program may be slow by itself, and reach anything or nothing
                permit.alive = is_alive(result, whole_time=whole_time)
            return result

    async def _run(
        self, execution: Execution, held: FencedLease, attempt_log: AttemptLog, box: Box, job: Job | ProgramJob
    ) -> Result:
        """The job's result; a body that is too large to be told is an artifact then. Who watches is told what a view would
        not cut."""
        store, viewed = self._artifacts.artifacts, execution.version.draft.view is not None
        with self._live.of(held.tenant, held.id) as call:
            hear = None if viewed else call.hear(attempt_log.number)

            async def run(job: Job | ProgramJob) -> Result:
                return await box.run(job, lambda: self._permit(held, attempt_log), hear)

            if store is None or not may_spill(execution, job):
                result = await run(job)
            else:
                result, attempt_log.large = await run_spilling(
                    store, execution.principal, held.id, job, run, meters=execution.version.draft.meters
                )
            if isinstance(result, Responded):
                call.end(attempt_log.number)
        return result

    def _leasing(self, execution: Execution, sent: int) -> AbstractAsyncContextManager[Box]:
        """A lease that is not yet asked for. `sent`: bytes of a body with artifacts in it."""
        spec, tenant = spec_for(execution.version.draft), execution.principal.tenant
        egress = with_artifacts(execution, self._artifacts.artifacts, sent)
        return self._pool.lease(egress, wait=min(QUEUE, execution.remaining), tenant=tenant, spec=spec)

    async def _issue(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> Secret | None:
        """The secrets, if the version needs some. The token is owed once it exists, and in the ledger before it is used."""
        version = execution.version
        person = person_for(version, execution.principal)
        references = tuple(_reference(one, version, person) for one in version.draft.credentials)
        if not references:
            return None
        authorities = self._vault.authorities()  # first: without them there is nothing to mint a token for
        with attempt_log.phase("credential"), step("credential"):
            credential = await self._mint(execution, held, attempt_log)
            attempt_log.accessor = credential.accessor
        return Secret(
            vault=self._vault.address,
            wrapping_token=credential.wrapping_token,
            references=references,
            authorities=authorities,
            namespace=self._vault.namespace,
        )

    async def _issue_certificate(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> Secret | None:
        """The client certificate with its key, if the version has one: a secret of its own, with a token of its own."""
        shown = execution.version.draft.client_certificate
        if shown is None:
            return None
        authorities = self._vault.authorities()
        with attempt_log.phase("certificate"), step("certificate"):
            credential = await self._mint(execution, held, attempt_log, certificate=True)
        return Secret(
            vault=self._vault.address,
            wrapping_token=credential.wrapping_token,
            references=(
                SecretReference(
                    shown.path, (shown.certificate, shown.key), kind="", parameters={}, common_name=shown.common_name or ""
                ),
            ),
            authorities=authorities,
            namespace=self._vault.namespace,
        )

    async def _mint(
        self, execution: Execution, held: FencedLease, attempt_log: AttemptLog, *, certificate: bool = False
    ) -> Credential:
        trace = trace_id_of(traceparent())
        person = "" if certificate else person_for(execution.version, execution.principal)
        purpose = Purpose(
            execution.version, held.tenant, held.id, attempt_log.number, trace, certificate=certificate, person=person
        )
        credential = await self._credentials.issue(purpose, ttl=execution.attempt_timeout + TOKEN_MARGIN)
        attempt_log.owed.append(f"{TOKEN}:{credential.accessor}")
        await self._ledger.oblige(held, credential.accessor, attempt_log.number)
        return credential

    async def _permit(self, held: FencedLease, attempt_log: AttemptLog) -> float | None:
        """DISPATCHED is durable before the answer is yes. Where the box did not ask, it is written with the attempt's end."""
        try:
            with step("dispatch"):
                await self._dispatch(held, attempt_log)
        except Fenced:
            log.warning("permission_refused", invocation=held.id, error=FENCED)
            return None
        except GatewayError as refusal:
            attempt_log.refusal = refusal
            log.warning("permission_refused", invocation=held.id, error=str(refusal), cure=refusal.cure)
            return None
        attempt_log.let_go()
        return SEND_WITHIN

    async def _dispatch(self, held: FencedLease, attempt_log: AttemptLog) -> None:
        async with attempt_log.telling:  # a cancellation tells of it, too, and a second telling would be refused
            if not attempt_log.dispatched:
                await self._ledger.dispatch(held, attempt=attempt_log.number, box=attempt_log.box)
                attempt_log.dispatched = True


def _reference(binding: CredentialBinding, version: ToolVersion, person: str) -> SecretReference:
    kind, fields, parameters = for_runner(binding)
    return SecretReference(named(path_of(binding, version), person), fields, kind, parameters)


@asynccontextmanager
async def _timed(leasing: AbstractAsyncContextManager[Box], attempt_log: AttemptLog) -> AsyncIterator[Box]:
    """The leased box, noted in the log with the time that it took to get one."""
    async with AsyncExitStack() as stack:
        with attempt_log.phase("lease"), step("lease"):
            box = await stack.enter_async_context(leasing)
        attempt_log.box = box.name
        yield box


def _has_way_round(refusal: Exception, execution: Execution) -> bool:
    """Whether the version's fallback may answer where its own upstream is down."""
    return isinstance(refusal, UpstreamOpen) and execution.fallback is not None


def _over(attempt_log: AttemptLog) -> Faulted:
    """The call's time has gone by before a box had its job."""
    return Faulted(FaultCode.TIMED_OUT, attempt_log.evidence, "The call's time was over before a box had its job", Usage())


def _refused(refusal: GatewayError | SandboxError, attempt_log: AttemptLog) -> Faulted:
    retry_after = refusal.retry_after if isinstance(refusal, UpstreamOpen | TokenUnavailable) else None
    return Faulted(fault_of(refusal), attempt_log.evidence, cause_and_cure(refusal), Usage(), retry_after)


def _with_cause(result: Result, attempt_log: AttemptLog) -> Result:
    """A box knows that it was not let send, and not why. Nor does a program, which ends as it sees fit where its connections
    are refused."""
    refusal = attempt_log.refusal
    if refusal is None:
        return result
    if isinstance(result, Completed) and result.exit and not attempt_log.permitted:
        return Faulted(fault_of(refusal), attempt_log.evidence, cause_and_cure(refusal), result.usage)
    if isinstance(result, Faulted) and result.fault is FaultCode.PERMISSION_REFUSED:
        return replace(result, fault=fault_of(refusal), message=cause_and_cure(refusal))
    return result

"""Has a box obtain the token that a call is to show, where there is none that is good: in step 9, before a box is leased.

    look → (wait for who obtains it now) → take the lease → issue → box → say until when it is good

One gateway at a time obtains one credential's token, by a box with a role of its own. The gateway sees neither the client's
secret nor the token: the box reads the one and keeps the other, in Vault, and says for how many seconds it is good.

What was begun is finished, though no caller waits for it any more: one that goes away must not lose a refresh token.
"""

import asyncio
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field, replace
from secrets import token_hex

import structlog

from gateway.decisions.connection_facts import ConnectionStanding, standing_of
from gateway.decisions.fault_of_error import fault_of
from gateway.decisions.token_cures import to_connect_again, with_cure
from gateway.decisions.token_life import Life, error_of, life_of
from gateway.model.errors import ConnectAgain, GatewayError, StoreUnavailable, TokenRefused, TokenUnavailable, brief
from gateway.observability.tracing import step, trace_id_of, traceparent
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.connection_notes import cure_of, lapse, renewed
from gateway.pipeline.execution import Execution
from gateway.pipeline.job_builder import with_trust
from gateway.pipeline.obligations import TOKEN, Obligations
from gateway.pipeline.token_job import OfPerson, token_job
from gateway.pipeline.token_parts import TokenParts
from gateway.records.ledger.protocol import Fenced, FencedLease, Ledger
from gateway.records.tokens.connections import ApiConnection
from gateway.records.tokens.protocol import Busy, Failed, Pause, TokenPlace, ToObtain, Valid
from gateway.secrets.credentials import Purpose
from gateway.secrets.persons import person_of
from gateway.secrets.roles import TOKEN_TIMEOUT
from registry.credentials.kinds import grant_of
from registry.credentials.token_grant import TokenGrant, credential_id
from registry.model.tool import CredentialBinding
from sandbox.api.errors import SandboxError
from sandbox.api.fault_code import FaultCode

log = structlog.get_logger(__name__)

#: Seconds after which a gateway that says nothing has lost the lease; between two signs of life; between two looks of others.
LEASE, RENEW, LOOK = 10.0, 3.0, 0.05

#: Seconds to wait for a box; in which it must begin to send; and that its token of Vault's may outlive its time by.
QUEUE, SEND_WITHIN, TOKEN_MARGIN = 5.0, 5.0, 5.0

#: Seconds in which all has ended that a box for a token was asked for.
BEGUN = QUEUE + TOKEN_TIMEOUT + TOKEN_MARGIN

#: For how long who asks is told of a failure, and no box is made: callers come by the hundred. An endpoint that has no token
#: for now is left alone for longer each time; what an operator mends counts soon.
PAUSES = {
    FaultCode.TOKEN_UNAVAILABLE: Pause(2.0, longest=30.0),
    FaultCode.TOKEN_REFUSED: Pause(5.0),
    FaultCode.CONNECT_AGAIN: Pause(5.0),
}


@dataclass(frozen=True, slots=True)
class UsedToken:
    """Which token an attempt has shown."""

    place: TokenPlace
    generation: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One token that a call needs."""

    execution: Execution
    held: FencedLease
    attempt: int
    binding: CredentialBinding
    grant: TokenGrant
    _: KW_ONLY
    holder: str = field(default_factory=lambda: token_hex(8))
    refused: bool = False

    @property
    def place(self) -> TokenPlace:
        id, tenant = credential_id(self.binding, self.execution.version), self.held.tenant
        if self.person:
            return TokenPlace(tenant, f"{id}:{self.person}")
        return TokenPlace(self.execution.version.owner or tenant, id)

    @property
    def person(self) -> str:
        """In whose name it is kept; empty where no person connects for it."""
        return person_of(self.execution.principal, self.grant.per) if self.grant.of_person else ""

    @property
    def of_person(self) -> OfPerson | None:
        return OfPerson(self.person, said={"refused": self.refused}) if self.person else None


@dataclass(slots=True)
class TokenBoxes:
    parts: TokenParts
    ledger: Ledger
    obligations: Obligations
    _running: set[asyncio.Task[int]] = field(default_factory=set, init=False)

    async def ready(self, execution: Execution, held: FencedLease, attempt_log: AttemptLog) -> tuple[UsedToken, ...]:
        """Return once each token that the version's calls show is there. Raises what refuses the attempt, of which nothing is
        sent then."""
        wanted = [
            _Wanted(execution, held, attempt_log.number, binding, grant)
            for binding in execution.version.draft.credentials
            if (grant := grant_of(binding))
        ]
        if not wanted:
            return ()
        with attempt_log.phase("token"), step("token"):
            return tuple([UsedToken(one.place, await self._generation(one)) for one in wanted])

    async def refused(self, used: tuple[UsedToken, ...], *, certain: bool) -> None:
        """The upstream has refused what it was shown, or Vault has it no more: the next attempt has another obtained.
        `certain`: the upstream has said that this is for the token, and not for the call."""
        for one in used:
            try:
                if not await self.parts.states.refuse(one.place, one.generation, certain=certain):
                    log.warning("tokens_refused_too_often", tenant=one.place.tenant, credential=one.place.id)
            except StoreUnavailable as error:
                log.warning("token_refusal_not_noted", credential=one.place.id, error=str(error))

    async def drain(self, grace: float) -> None:
        """Wait for what is being obtained, up to `grace` seconds."""
        if self._running:
            await asyncio.wait(self._running, timeout=grace)

    async def _generation(self, wanted: _Wanted) -> int:
        failures = [0]
        try:
            async with asyncio.timeout(wanted.execution.remaining):
                return await self._look_until_there(wanted, failures)
        except TimeoutError:  # the box is going to say so, too, but later
            pause = PAUSES[FaultCode.TOKEN_UNAVAILABLE].after(failures[-1])
            raise TokenUnavailable("the token was not there before the call's time was over", pause) from None
        except ConnectAgain as refusal:
            if wanted.person:
                raise self._to_connect(wanted, refusal) from None
            refusal.cure = to_connect_again(wanted.binding, wanted.grant)
            raise
        except (TokenRefused, TokenUnavailable) as refusal:
            refusal.cure = with_cure(refusal, wanted.binding, wanted.grant)
            raise

    async def _look_until_there(self, wanted: _Wanted, failures: list[int]) -> int:
        """The token's generation. `failures` takes how many tries in a row have brought none, at each look."""
        since = 0
        while True:
            match await self.parts.states.look(wanted.place, wanted.holder, lease=LEASE, since=since):
                case Valid(generation):
                    return generation
                case Failed(fault, message, seconds):
                    raise error_of(fault, message, seconds)
                case Busy(now, before):
                    since = since or now
                    failures[:] = [before]
                    await asyncio.sleep(LOOK)
                case ToObtain(refused, before):
                    failures[:] = [before]
                    return await asyncio.shield(self._begin(replace(wanted, refused=refused)))

    def _begin(self, wanted: _Wanted) -> "asyncio.Task[int]":
        task = asyncio.create_task(self._obtain(wanted))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # who waited for it may have gone
        return task

    async def _obtain(self, wanted: _Wanted) -> int:
        """The token's generation. Raises what kept it from being obtained, and tells the others so."""
        renewing = asyncio.create_task(self._renew(wanted))
        try:
            return await self._settle(wanted, await self._in_box(wanted))
        except (GatewayError, SandboxError) as refusal:
            told_for = await self._fail(wanted, fault_of(refusal), refusal)
            if isinstance(refusal, TokenUnavailable):
                refusal.retry_after = told_for or refusal.retry_after
            raise
        except Fenced as fenced:
            await self._fail(wanted, FaultCode.HOLDER_LOST, fenced)
            raise
        finally:
            renewing.cancel()

    def _to_connect(self, wanted: _Wanted, refusal: ConnectAgain) -> ConnectAgain:
        subject, toolset = wanted.execution.principal.subject, wanted.execution.version.draft.toolset
        who = "the tenant" if wanted.grant.per == "tenant" else brief(subject)
        return ConnectAgain(
            f"{who} is not connected to {toolset}: {refusal}", cure=cure_of(toolset, wanted.execution.caller, wanted.grant.per)
        )

    async def _in_box(self, wanted: _Wanted) -> Life | ConnectionStanding:
        egress, tenant = self.parts.egress_of(wanted.grant.token_url), wanted.held.tenant
        async with self.parts.pool.lease(egress, wait=QUEUE, tenant=tenant) as box:
            accessor, wrapping = await self._mint(wanted)
            try:
                version = wanted.execution.version
                job = token_job(wanted.binding, wanted.grant, version, self.parts.vault, wrapping, of_person=wanted.of_person)
                result = await box.run(with_trust(job, self.parts.authorities(), None), lambda: self._permit(wanted))
                return standing_of(result) if wanted.person else life_of(result)
            finally:
                self.obligations.begin(wanted.held.tenant, wanted.held.id, [f"{TOKEN}:{accessor}"])

    async def _mint(self, wanted: _Wanted) -> tuple[str, str]:
        version, held = wanted.execution.version, wanted.held
        trace = trace_id_of(traceparent())
        purpose = Purpose(version, held.tenant, held.id, wanted.attempt, trace, token=wanted.binding, person=wanted.person)
        credential = await self.parts.credentials.issue(purpose, ttl=TOKEN_TIMEOUT + TOKEN_MARGIN)
        try:
            await self.ledger.oblige(held, credential.accessor, wanted.attempt)
        except (Fenced, GatewayError):
            self.obligations.begin(held.tenant, held.id, [f"{TOKEN}:{credential.accessor}"])
            raise
        return credential.accessor, credential.wrapping_token

    async def _permit(self, wanted: _Wanted) -> float | None:
        """Only who has the lease may ask the endpoint."""
        return SEND_WITHIN if await self._holds(wanted) else None

    async def _holds(self, wanted: _Wanted) -> bool:
        """Whether it has the lease still, which is renewed by that. What is listed of a connection only its holder may say."""
        return await self.parts.states.hold(wanted.place, wanted.holder, lease=LEASE)

    async def _renew(self, wanted: _Wanted) -> None:
        while True:
            await asyncio.sleep(RENEW)
            with suppress(StoreUnavailable):
                await self._holds(wanted)

    async def _settle(self, wanted: _Wanted, life: Life | ConnectionStanding) -> int:
        if isinstance(life, ConnectionStanding):
            await self._note(wanted, life)  # first: once the lease has ended, the person may disconnect
        generation = await self.parts.states.settle(wanted.place, wanted.holder, good_for=life.used_for)
        if generation is None:
            raise TokenUnavailable("another gateway obtains the token by now")
        log.info("token_obtained", tenant=wanted.place.tenant, credential=wanted.place.id, seconds=life.used_for)
        return generation

    async def _note(self, wanted: _Wanted, standing: ConnectionStanding) -> None:
        """That the person is connected: also where the store has forgotten it."""
        version, principal, (credential, _, person) = (
            wanted.execution.version,
            wanted.execution.principal,
            wanted.place.id.partition(":"),
        )
        with suppress(StoreUnavailable):
            if not await self._holds(wanted):
                return
            known = await self.parts.connections.find(principal.tenant, wanted.place.id)
            subject = "" if wanted.grant.per == "tenant" else principal.subject
            first = ApiConnection(
                principal.tenant,
                credential,
                person,
                toolset=version.draft.toolset,
                path=wanted.binding.path,
                subject=subject,
                since=standing.since,
            )
            await self.parts.connections.keep(renewed(known or first, standing))

    async def _fail(self, wanted: _Wanted, fault: FaultCode, refusal: Exception) -> float:
        """For how many seconds others are told so."""
        log.warning("token_not_obtained", tenant=wanted.place.tenant, credential=wanted.place.id, error=str(refusal))
        with suppress(StoreUnavailable):
            if fault is FaultCode.CONNECT_AGAIN and wanted.person and await self._holds(wanted):
                await lapse(self.parts.connections, wanted.place, str(refusal))
            least = refusal.retry_after if isinstance(refusal, TokenUnavailable) else 0.0
            pause = replace(PAUSES.get(fault, Pause()), least=least)
            return await self.parts.states.fail(wanted.place, wanted.holder, fault, str(refusal), pause)
        return 0.0

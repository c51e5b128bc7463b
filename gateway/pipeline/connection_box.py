"""One step of a person's connection, in a box of its own: the gateway sees neither the client's secret nor a token.

take the lease → issue → box → what it says → the lease ends with what is made of that
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TypeVar

import structlog

from gateway.decisions.token_cures import with_cure
from gateway.model.errors import GatewayError, StoreUnavailable, TokenRefused, TokenUnavailable, VaultUnavailable
from gateway.observability.tracing import trace_id_of, traceparent
from gateway.pipeline.connectables import Connectable
from gateway.pipeline.job_builder import with_trust
from gateway.pipeline.token_boxes import LEASE, QUEUE, RENEW, SEND_WITHIN, TOKEN_MARGIN
from gateway.pipeline.token_job import OfPerson, token_job
from gateway.pipeline.token_parts import TokenParts
from gateway.records.tokens.protocol import Pause, TokenPlace
from gateway.secrets.credentials import Credential, Purpose
from gateway.secrets.roles import TOKEN_TIMEOUT
from sandbox.api.errors import SandboxError
from sandbox.api.result import Result

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds between two looks whether another box is still at work on the same connection, and until that is too long.
LOOK, WAIT = 0.1, 35.0

#: What a person can do, who is at the terminal: a code, or a device's codes, are not good for a second try.
_AGAIN = "Run the same command again"
_OF_OPERATOR = f"{_AGAIN}. What is said of the client or its scopes, the operator corrects in the manifest or in Vault."
_LATER = f"{_AGAIN}: the endpoint, or Vault, may answer by then."


@dataclass(frozen=True, slots=True)
class ConnectionStep:
    """One step of a connection to what `connectable` is, which is the tenant's or of one of its subjects."""

    tenant: str
    connectable: Connectable
    of_person: OfPerson
    holder: str = field(default_factory=lambda: token_hex(8))

    @property
    def place(self) -> TokenPlace:
        return TokenPlace(self.tenant, f"{self.connectable.id}:{self.of_person.person}")

    @property
    def name(self) -> str:
        """As Vault's audit log has it in the place of an invocation."""
        return f"connect-{self.holder}"

    @property
    def url(self) -> str:
        return self.of_person.url or self.connectable.grant.token_url


@dataclass(frozen=True, slots=True)
class ConnectionBox:
    parts: TokenParts

    async def take(self, step: ConnectionStep) -> None:
        """Take the lease, once no other box is at work on the same connection. Raises TokenUnavailable, StoreUnavailable."""
        try:
            async with asyncio.timeout(WAIT):
                while not await self.parts.states.take(step.place, step.holder, lease=LEASE):  # noqa: ASYNC110 - the store tells of no change
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            raise TokenUnavailable("another box has been at work on the same connection for too long") from None

    async def run(self, step: ConnectionStep, read: Callable[[Result], T]) -> T:
        """What `read` makes of what the box says. The lease, which `take` has taken, is held then, and the asker's to end.

        Raises GatewayError and SandboxError, with the lease ended, and nothing told to other callers: it was this person's try.
        """
        renewing = asyncio.create_task(self._renew(step))
        try:
            return read(await self._in_box(step))
        except (TokenRefused, TokenUnavailable) as refusal:
            await self.release(step)
            refusal.cure = _cure(refusal, step.connectable)
            raise
        except (GatewayError, SandboxError):
            await self.release(step)
            raise
        finally:
            renewing.cancel()

    async def release(self, step: ConnectionStep) -> None:
        with suppress(StoreUnavailable):
            await self.parts.states.fail(step.place, step.holder, "", "", Pause())

    async def _in_box(self, step: ConnectionStep) -> Result:
        wanted, vault = step.connectable, self.parts.vault
        async with self.parts.pool.lease(self.parts.egress_of(step.url), wait=QUEUE, tenant=step.tenant) as box:
            credential = await self._mint(step)
            try:
                token, version = credential.wrapping_token, wanted.version
                job = token_job(wanted.binding, wanted.grant, version, vault, token, of_person=step.of_person)
                return await box.run(with_trust(job, self.parts.authorities(), None), lambda: self._permit(step))
            finally:
                await self._revoke(credential)

    async def _mint(self, step: ConnectionStep) -> Credential:
        wanted, trace = step.connectable, trace_id_of(traceparent())
        person = step.of_person.person
        purpose = Purpose(wanted.version, step.tenant, step.name, 1, trace, token=wanted.binding, person=person)
        return await self.parts.credentials.issue(purpose, ttl=TOKEN_TIMEOUT + TOKEN_MARGIN)

    async def _revoke(self, credential: Credential) -> None:
        try:
            await self.parts.credentials.revoke(credential.accessor)
        except VaultUnavailable as error:
            log.warning("unclaimed_token_left_to_expire", accessor=credential.accessor, error=str(error))

    async def _permit(self, step: ConnectionStep) -> float | None:
        """Only who has the lease may ask the endpoint."""
        return SEND_WITHIN if await self.parts.states.hold(step.place, step.holder, lease=LEASE) else None

    async def _renew(self, step: ConnectionStep) -> None:
        while True:
            await asyncio.sleep(RENEW)
            with suppress(StoreUnavailable):
                await self.parts.states.hold(step.place, step.holder, lease=LEASE)


def _cure(refusal: TokenRefused | TokenUnavailable, connectable: Connectable) -> str:
    cure = with_cure(refusal, connectable.binding, connectable.grant)
    if cure != type(refusal).cure:
        return f"{cure} Then run the same command again."
    return _OF_OPERATOR if isinstance(refusal, TokenRefused) else _LATER

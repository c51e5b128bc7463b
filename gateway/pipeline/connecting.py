"""Connections: a person consents once, and calls in that person's name go on by it, until the person takes it back.

Who connects is the caller: for its own subject, or for its tenant where the credential is connected once for all. No caller
connects another subject, and no call reads what another one has connected: Vault keeps them apart (`gateway.secrets.persons`).

What was begun is finished, though the person has gone away: a code is good for one use, and what came for it must not be lost.
Begun is what has the lease on its connection, so that there is one at a time of each; who goes away before leaves nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

import structlog

from gateway.decisions.connection_facts import (
    ConnectionStanding,
    DeviceCodes,
    Pending,
    Removed,
    codes_of,
    poll_of,
    removed_of,
    standing_of,
)
from gateway.decisions.policy import Policy
from gateway.model.errors import GatewayError, RequestInvalid, ShuttingDown, TokenUnavailable, brief
from gateway.model.principal import Caller, Principal
from gateway.pipeline.connectables import Connectable, Connectables
from gateway.pipeline.connection_box import ConnectionBox, ConnectionStep
from gateway.pipeline.connection_notes import renewed
from gateway.pipeline.principals import author_of
from gateway.pipeline.token_job import CODE, DEVICE_BEGIN, DEVICE_POLL, DISCONNECT, OfPerson
from gateway.records.tokens.connections import ApiConnection, Connections
from gateway.secrets.persons import person_of
from registry.catalog.publications import Catalogs
from registry.credentials.authorization_request import authorization_url, is_issuer
from registry.credentials.consent import AUTHORIZATION_CODE, PER

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds in which a code counts as used: no endpoint should take one for more than ten minutes (RFC 6749 §4.1.2).
CODE_REMEMBERED = 3600.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Which credential of which toolset is meant; `credential` is empty where there is one."""

    toolset: str
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """What came back to the person's machine, and what the browser was led away with. `issuer` is what its server calls itself,
    if it does (RFC 9207)."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    uri: str
    issuer: str = ""


@dataclass(slots=True)
class Connecting:
    """Every method raises NotPermitted, RequestInvalid, StoreUnavailable; what has a box made, as `TokenBoxes` does, and
    ShuttingDown, too."""

    policy: Policy
    catalogs: Catalogs
    box: ConnectionBox
    _running: set["asyncio.Future[Any]"] = field(default_factory=set, init=False)
    _draining: bool = field(default=False, init=False)

    async def address(self, caller: Caller, wish: Wish, *, redirect_uri: str, state: str, challenge: str) -> str:
        """Where the person's browser is led."""
        chosen = await self._chosen(caller, wish)
        if chosen.grant.grant != AUTHORIZATION_CODE:
            raise RequestInvalid("this credential is connected on another device alone", cure="Connect with --device.")
        return authorization_url(chosen.grant, redirect_uri=redirect_uri, state=state, challenge=challenge)

    async def complete(self, caller: Caller, wish: Wish, redirect: Redirect) -> ApiConnection:
        """Redeem the code, once: an endpoint may take back all that came for one that it sees twice (RFC 6749 §4.1.2)."""
        chosen = await self._chosen(caller, wish)
        _require_issuer(chosen, redirect.issuer)
        said = {"code": redirect.code, "verifier": redirect.verifier, "redirect": redirect.uri}
        step, digest = _step(caller, chosen, CODE, said), sha256(redirect.code.encode()).hexdigest()
        return await self._finish(step, partial(self._redeem, caller, step, digest))

    async def begin_device(self, caller: Caller, wish: Wish) -> DeviceCodes:
        chosen = await self._chosen(caller, wish)
        if not chosen.grant.device_url:
            cure = "Connect without --device, or write `device_url` in the manifest."
            raise RequestInvalid("this credential has no device_url", cure=cure)
        step = _step(caller, chosen, DEVICE_BEGIN, {}, url=chosen.grant.device_url)
        return await self._finish(step, partial(self._begin, step))

    async def poll_device(self, caller: Caller, wish: Wish, flow: str) -> ApiConnection | Pending:
        """Ask the endpoint once whether the person has consented on the other device."""
        chosen = await self._chosen(caller, wish)
        step = _step(caller, chosen, DEVICE_POLL, {"flow": flow})
        return await self._finish(step, partial(self._poll, caller, step))

    async def list(self, caller: Caller) -> Sequence[ApiConnection]:
        """The caller's own and its tenant's; all of the tenant's for those who look after its tools."""
        found = await self.connections.of(caller.principal.tenant)
        if self.policy.looks_after_tools(caller):
            return found
        return [one for one in found if one.subject in ("", caller.principal.subject)]

    async def disconnect(self, caller: Caller, wish: Wish, subject: str = "") -> Removed:
        """Remove what is kept, and have the endpoint revoke it where the manifest says where. `subject`: another than the
        caller's own."""
        whose = replace(caller.principal, subject=subject or caller.principal.subject)
        other = whose != caller.principal
        self.policy.authorize_connect(caller, others=other)
        listed = await self._is_listed(whose, wish.credential)
        chosen = await self.connectables.choose(caller, wish.toolset, wish.credential, anyones=other, of_before=listed)
        self.policy.authorize_connect(caller, others=chosen.for_tenant)
        said, url = {"revocation": bool(chosen.grant.revocation_url)}, chosen.grant.revocation_url
        step = _step(replace(caller, principal=whose), chosen, DISCONNECT, said, url=url)
        return await self._finish(step, partial(self._remove, caller, step))

    async def drain(self, grace: float) -> None:
        """Begin nothing more, and wait for what is under way, up to `grace` seconds."""
        self._draining = True
        if self._running:
            await asyncio.wait(self._running, timeout=grace)

    @property
    def connections(self) -> Connections:
        return self.box.parts.connections

    @property
    def connectables(self) -> Connectables:
        return Connectables(self.catalogs, self.policy)

    async def _is_listed(self, whose: Principal, credential: str) -> bool:
        ids = [f"{credential}:{person_of(whose, per)}" for per in PER]
        return any([await self.connections.find(whose.tenant, id) for id in ids])

    async def _chosen(self, caller: Caller, wish: Wish) -> Connectable:
        self.policy.authorize_connect(caller, others=False)
        chosen = await self.connectables.choose(caller, wish.toolset, wish.credential)
        self.policy.authorize_connect(caller, others=chosen.for_tenant)
        return chosen

    async def _finish(self, step: ConnectionStep, work: Callable[[], Awaitable[T]]) -> T:
        await self.box.take(step)
        if self._draining:
            await self.box.release(step)
            raise ShuttingDown("this gateway is shutting down")
        task = asyncio.ensure_future(work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # who waited for it may have gone
        return await asyncio.shield(task)

    async def _redeem(self, caller: Caller, step: ConnectionStep, digest: str) -> ApiConnection:
        try:
            await self._use(step.tenant, digest)
        except GatewayError:
            await self.box.release(step)
            raise
        return await self._settle(caller, step, await self.box.run(step, standing_of))

    async def _use(self, tenant: str, digest: str) -> None:
        if not await self.connections.first_use(tenant, digest, CODE_REMEMBERED):
            raise RequestInvalid("this code was used before", cure="Look at `callgate connections`, or connect again.")

    async def _begin(self, step: ConnectionStep) -> DeviceCodes:
        codes = await self.box.run(step, codes_of)
        await self.box.release(step)
        return codes

    async def _poll(self, caller: Caller, step: ConnectionStep) -> ApiConnection | Pending:
        found = await self.box.run(step, poll_of)
        if isinstance(found, ConnectionStanding):
            return await self._settle(caller, step, found)
        await self.box.release(step)
        return found

    async def _settle(self, caller: Caller, step: ConnectionStep, standing: ConnectionStanding) -> ApiConnection:
        made = renewed(_connection(caller, step), standing)
        await self.connections.keep(made)  # first: once the lease has ended, the person may disconnect
        if await self.box.parts.states.settle(step.place, step.holder, good_for=standing.used_for) is None:
            raise TokenUnavailable("another gateway connects the same by now")
        log.info("connected", tenant=made.tenant, toolset=made.toolset, connection=made.id, by=made.by, step=step.name)
        return made

    async def _remove(self, caller: Caller, step: ConnectionStep) -> Removed:
        removed = await self.box.run(step, removed_of)
        await self.connections.drop(step.tenant, step.place.id)
        await self.box.parts.states.forget(step.place, step.holder)
        log.info(
            "disconnected",
            tenant=step.tenant,
            toolset=step.connectable.version.draft.toolset,
            connection=step.place.id,
            by=author_of(caller),
            step=step.name,
            revoked=removed.revoked,
            reason=removed.reason,
        )
        return removed


def _require_issuer(chosen: Connectable, issuer: str) -> None:
    """A server that a person was led to may lead on to another one's page, to have that one's code sent to itself."""
    if not is_issuer(chosen.grant, issuer):
        told = f"the code is of another authorization server than was asked: {brief(issuer) or 'it names none'}"
        raise RequestInvalid(told, cure="If the server has that name, the operator writes it as `issuer` under `token`.")


def _step(caller: Caller, chosen: Connectable, name: str, said: Mapping[str, object], *, url: str = "") -> ConnectionStep:
    person = person_of(caller.principal, chosen.grant.per)
    return ConnectionStep(caller.principal.tenant, chosen, OfPerson(person, name, said, url))


def _connection(caller: Caller, step: ConnectionStep) -> ApiConnection:
    chosen = step.connectable
    return ApiConnection(
        step.tenant,
        chosen.id,
        step.of_person.person,
        toolset=chosen.version.draft.toolset,
        path=chosen.binding.path,
        subject="" if chosen.for_tenant else caller.principal.subject,
        since=time.time(),
        scopes=chosen.grant.scopes,
        by=author_of(caller),
    )

"""A gateway's part in keeping one history: it shows its mark with every step, and puts back what a new primary did not get.

What happens where the history has changed is told in `ledger.specification.lineage`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from os import urandom
from time import monotonic
from typing import Any, NoReturn, TypeVar

import structlog

from gateway.model.errors import StoreRolledBack, StoreUnavailable, StoreUnsettled
from gateway.model.invocation import RETENTION, InvocationState
from gateway.records.ledger.packed import fields_of, parts_of
from gateway.records.ledger.permission_log import Permitted
from gateway.records.ledger.protocol import FencedLease, HistoryState, milliseconds
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness import DeadWitness, Memory, Witness
from gateway.records.redis.client import Store, Value
from gateway.records.redis.known_gateways import KnownGateways
from gateway.records.redis.tenant_keys import TENANTS, tenant_keys

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: Seconds that a claim waits for the history to be settled, and between two tries.
SETTLED_WITHIN, EVERY = 5.0, 0.2

#: Seconds for which a holder counts as alive after its record was put back: it prolongs that by itself.
ALIVE_FOR = 15.0

#: Transitions that give a permission to act, or take it away for good, and those that keep what another process goes on
#: from: an operator may want them on replicas before.
REPLICATED = frozenset({"dispatch", "run_save", "run_end"})

#: Steps of which the refusal is for an operator to end; all others wait.
FOR_AN_OPERATOR = frozenset({"claim", "resolve", "run_start", "run_save", "run_end"})


#: States that no loss of a holder follows.
CERTAIN = frozenset({InvocationState.SUCCEEDED, InvocationState.FAILED, InvocationState.CANCELLED})


class StoreHistory:
    def __init__(self, store: Store, witness: Witness) -> None:
        self._store, self._witness = store, witness
        self._known = KnownGateways(store, witness.id)
        self.unwritten: OSError | None = None
        self._to_be_acknowledged: set[str] = set()
        self._showing: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def step(self, transition: str, tenant: str, id: str, *args: Value, further: Sequence[str] = ()) -> list[Any]:
        """One Function. What is refused while this gateway has to show is asked again when it has. `further`: more KEYS."""
        return await self._step_as(self._witness, transition, tenant, id, *args, further=further)

    async def _step_as(
        self, who: Memory, transition: str, tenant: str, id: str, *args: Value, further: Sequence[str] = ()
    ) -> list[Any]:
        reply, history, _ = await self._ask(who, transition, tenant, id, *args, further=further)
        if history == b"show":
            await self._show(who, tenant)
            if reply[0] in {b"FENCED", b"QUARANTINED"} or transition == "retire":
                reply, _, _ = await self._ask(who, transition, tenant, id, *args, further=further)
        return reply

    async def _ask(
        self, who: Memory, transition: str, tenant: str, id: str, *args: Value, further: Sequence[str] = ()
    ) -> tuple[list[Any], bytes, int]:
        mark = who.mark(tenant)
        shown = who.id, mark.number, mark.nonce, mark.epoch, urandom(8)
        command = f"callgate_v3_{transition}", [*tenant_keys(tenant, id), *further], [*shown, id, *args]
        reply = await self._store.call(*command, replicated=transition in REPLICATED)
        status, number, nonce, epoch, history, base, *rest = reply
        who.saw(tenant, seen := Mark(number, nonce, epoch))
        if history == b"ack":
            self._to_be_acknowledged.add(tenant)
        elif self._to_be_acknowledged:
            self._to_be_acknowledged.discard(tenant)
        return [status, seen, *rest], history, base

    async def refuse(self, tenant: str, transition: str) -> NoReturn:
        """Raises StoreUnsettled, or StoreRolledBack where nothing but an operator will end it."""
        if tenant in self._to_be_acknowledged and transition in FOR_AN_OPERATOR:
            raise StoreRolledBack(f"the store of {tenant} has lost what it had acknowledged")
        raise StoreUnsettled(f"the store of {tenant} has changed, and not every gateway has shown what it knows")

    async def once_settled(self, claim: Callable[[], Awaitable[T]]) -> T:
        """What a claim answers. It waits a while for gateways to show what they know."""
        until = monotonic() + SETTLED_WITHIN
        while True:
            try:
                return await claim()
            except StoreUnsettled:
                if monotonic() >= until:
                    raise
                await asyncio.sleep(EVERY)

    def permitted(self, tenant: str, id: str, mark: Mark, packed: bytes) -> None:
        """Remember what may be sent from now on. Raises StoreUnavailable: what cannot be remembered must not be sent."""
        try:
            self._witness.permissions.keep(tenant, id, mark, packed)
        except OSError as error:
            self.unwritten = error
            raise StoreUnavailable(
                f"the permission cannot be written to the state directory: {error}",
                cure="Make room on the disk of the gateway's state directory, and see that it can be written.",
            ) from error

    def ended(self, tenant: str, id: str, mark: Mark, packed: bytes, *, presumed: bool = False) -> None:
        """Remember the end of a call that acts, also where another than its holder has brought it about. Raises OSError.

        `presumed`: its holder was lost. That is no news to a gateway which knows the end: the store has lost that then.
        """
        if not (presumed and self._witness.permissions.state_of(tenant, id) in CERTAIN):
            self._witness.permissions.keep(tenant, id, mark, packed, alive=False)

    def taken_back(self, held: FencedLease) -> None:
        """It is proven that this holder's permission was not used. One that another holder had before may have been."""
        log_of_permissions = self._witness.permissions
        if not log_of_permissions.is_the_only_one(held.tenant, held.id, held.fence):
            return
        try:
            log_of_permissions.strike(held.tenant, held.id)
        except OSError as error:  # what stays on the disk may put back too much: a permission that is not repeated unseen
            log.error("permission_not_struck", invocation=held.id, error=str(error))  # noqa: TRY400 - no defect

    async def state(self, tenant: str) -> HistoryState:
        """As the store has it, without a step."""
        line = await self._store.hash(tenant_keys(tenant, "")[7])
        epoch = int(line.get(b"epoch", 0))
        late = [name[2:].decode() for name, shown in line.items() if name.startswith(b"g:") and int(shown) < epoch]
        return HistoryState(b"open" in line, b"ack" in line, tuple(sorted(late)))

    async def remember(self) -> None:
        """Renew the marks, show where that is asked for, and keep all on the disk. Raises OSError, StoreUnavailable."""
        try:
            await self._witness.sync()
        finally:  # others wait for this gateway, however full its disk is
            await self._renew()

    async def _renew(self) -> None:
        await self._known.look()
        for dead in self._witness.dead:  # first: a store that has nothing is found out by who has seen something
            await self._show_for(dead)
        tenants = await self._enter_tenants()
        for tenant in tenants:
            await self.introduce(tenant)
            await self.step("witness", tenant, "")
        for dead in list(self._witness.dead):
            await self._answer_for(dead, tenants)

    async def _enter_tenants(self) -> list[str]:
        """All that the store or this gateway knows of. A store that has lost its list gets it back."""
        known = {tenant for memory in (self._witness, *self._witness.dead) for tenant in memory.tenants()}
        listed = set(await self._store.members(TENANTS))
        for tenant in known - listed:
            await self._store.add_to_set(TENANTS, tenant)
        return sorted(known | listed)

    async def introduce(self, tenant: str) -> None:
        """Before the first step for a tenant: another primary may have known of it, and other gateways may."""
        if not self._witness.mark(tenant).number:
            await self._introduce(tenant)

    async def _introduce(self, tenant: str) -> None:
        await self._known.look()  # the primary may be another one since a moment, or have lost all
        told: list[Value] = [int(self._known.surviving), self._known.primary_before, *self._known.all]
        await self._ask(self._witness, "introduce", tenant, "", *told)

    async def go_on_without(self, gateways: Iterable[str]) -> None:
        """An operator waits for these no more, for no tenant. Raises StoreUnavailable."""
        await self._known.remove(gateways)

    async def retire(self) -> None:
        """All that this gateway has seen is in the store. Where that cannot be told, it is waited for until it comes again."""
        try:
            for tenant in self._witness.tenants():
                await self.step("retire", tenant, "", self._witness.id)
            await self._known.leave()
        except StoreUnavailable as error:
            log.warning("not_retired", error=str(error))
        finally:
            self._witness.close()

    async def _show_for(self, dead: DeadWitness) -> None:
        """The store judges by the dead one's own marks what it lacks of that gateway's."""
        for tenant in dead.tenants():
            await self._step_as(dead, "witness", tenant, "")

    async def _answer_for(self, dead: DeadWitness, tenants: Iterable[str]) -> None:
        """All that it knew is in the store, and known to this gateway: nothing waits for it, and its folder is removed."""
        self._witness.permissions.take_over(dead.permissions)
        for tenant in sorted({*tenants, *dead.tenants()}):
            await self._step_as(dead, "retire", tenant, "", dead.id)
        self._witness.permissions.take_over(dead.permissions)  # what was put back only now, as events of a later epoch
        await self._known.remove([dead.id])
        self._witness.answered_for(dead)

    async def _show(self, who: Memory, tenant: str) -> None:
        async with self._showing[who.id, tenant]:
            reply, history, base = await self._ask(who, "witness", tenant, "")
            if history != b"show":
                return  # another step of this gateway has done it meanwhile
            log.warning("history_changed", tenant=tenant, gateway=who.id, epoch=reply[1].epoch, seen=who.before(tenant).number)
            await self._introduce(tenant)
            # A dead one's memory ends with its last mark on the disk: all of it is put back, where the store lacks it.
            proven = who is self._witness and who.before(tenant).epoch == reply[1].epoch - 1
            for permitted in who.permissions.beyond(tenant, base if proven else 0):
                await self._put_back(who, permitted)
            await self._ask(who, "show", tenant, "", *_shown_as(who, tenant))

    async def _put_back(self, who: Memory, one: Permitted) -> None:
        terms = milliseconds(ALIVE_FOR if one.alive else 0.001), milliseconds(RETENTION)
        reply, _, _ = await self._ask(who, "restore", one.tenant, one.id, *terms, *parts_of(one.packed))
        if reply[0] == b"RESTORED":
            log.warning("record_put_back", invocation=one.id, state=fields_of(one.packed)[b"st"].decode())
        if who.permissions.kept(one.tenant, one.id) != one:
            return  # it has gone on meanwhile
        try:
            who.permissions.keep(one.tenant, one.id, reply[1], one.packed, alive=one.alive)
        except OSError as error:  # it is in the store, and in memory as of the epoch before
            log.error("permission_not_kept", invocation=one.id, error=str(error))  # noqa: TRY400 - no defect


def _shown_as(who: Memory, tenant: str) -> tuple[Value, ...]:
    before = who.before(tenant)
    return who.id, before.number, before.nonce, before.epoch, who.permissions.forgotten.get(tenant, 0)

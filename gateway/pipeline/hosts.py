"""Hosts: where boxes are, and a person's word that a host is gone for good."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.decisions.policy import Policy
from gateway.model.errors import HostLives, HostNotFound, brief
from gateway.model.principal import Caller
from gateway.pipeline.obligations import BOX
from gateway.records.ledger.protocol import DeclaredLoss, Ledger
from sandbox.reaping.box_registry import BoxRegistry
from sandbox.reaping.host_registry import HostRegistry, KnownHost, LivingHost, UnknownHost


@dataclass(frozen=True, slots=True)
class HostStanding:
    """A host, how many boxes on it are not confirmed gone, and how many calls wait for that."""

    host: KnownHost
    boxes: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Hosts:
    policy: Policy
    ledger: Ledger
    hosts: HostRegistry
    boxes: BoxRegistry

    async def list(self, caller: Caller) -> list[HostStanding]:
        """Every host that was ever seen. Raises NotPermitted, BoxRegistryUnavailable."""
        self.policy.authorize_operate(caller)
        places = {name: place.host for name, place in (await self.boxes.there()).items()}
        waiting = Counter([places[name] async for _, _, name in self._owed() if name in places])
        there = Counter(places.values())
        return [HostStanding(host, there[host.id], waiting[host.id]) for host in await self.hosts.hosts()]

    async def declare_lost(self, caller: Caller, id: str, reason: str) -> int:
        """Take a person's word that a host is gone. Answers how many obligations ended by it.

        Raises NotPermitted, HostNotFound, HostLives, BoxRegistryUnavailable.
        """
        self.policy.authorize_operate(caller)
        try:
            await self.hosts.declare_lost(id, f"{caller.principal.agent}/{caller.principal.subject}", reason)
        except UnknownHost:
            raise HostNotFound(f"no host {brief(id)}") from None
        except LivingHost:
            raise HostLives(f"a gateway on {id} has given a sign of life just now") from None
        return await self.carry_out_declarations()

    async def carry_out_declarations(self) -> int:
        """Discharge what calls owe for boxes on lost hosts, then mark these as removed. What was begun is completed."""
        lost = {host.id: host.lost for host in await self.hosts.hosts() if host.lost}
        there = {name: place.host for name, place in (await self.boxes.there()).items() if place.host in lost}
        discharged = 0
        if not there:
            return discharged
        async for tenant, id, name in self._owed():
            if (said := lost.get(there.get(name, ""))) is not None:
                word = DeclaredLoss(said.author, said.reason, there[name])
                await self.ledger.discharge(tenant, id, f"{BOX}:{name}", word)
                discharged += 1
        for name in there:
            await self.boxes.mark_removed(name)
        return discharged

    async def _owed(self) -> AsyncIterator[tuple[str, str, str]]:
        """Each box that a call of any tenant owes: tenant, invocation, name."""
        for tenant in await self.ledger.tenants():
            async for id, obligation in self.ledger.owed(tenant, age=0.0):
                kind, _, name = obligation.partition(":")
                if kind == BOX:
                    yield tenant, id, name

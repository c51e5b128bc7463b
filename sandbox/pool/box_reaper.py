"""Sees boxes gone that must be: this pool's own, those of other gateways on this engine, and what dead gateways left."""

import asyncio

import structlog

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import BoxElsewhere, EngineUnavailable
from sandbox.pool.box_factory import BoxFactory
from sandbox.pool.box_slots import BoxSlots
from sandbox.reaping.box_registry import Absent, BoxPlace
from sandbox.reaping.sweeper import Sweeper

_REMOVAL_SECONDS = 10.0

log = structlog.get_logger()


class BoxReaper:
    """`slots` are the pool's own boxes; `factory` tells on which engine and for which gateway they are made."""

    def __init__(self, factory: BoxFactory, slots: BoxSlots) -> None:
        self._engine = factory.engine
        self._host = factory.host
        self._registry = factory.registry
        self._gateway_id = factory.gateway_id
        self._place = factory.place
        self._slots = slots
        self._sweeper = Sweeper(factory.engine, factory.registry, factory.host, factory.place.run_dir)

    async def wait_removed(self, name: str) -> None:
        """Return once the box is confirmed gone. Raises BoxElsewhere, BoxRegistryUnavailable, EngineUnavailable."""
        removed = self._slots.removed(name)
        if removed is not None:
            await removed.wait()
            return
        found = await self._registry.find(name)
        if isinstance(found, BoxPlace) and found.host != self._host:
            raise BoxElsewhere(f"The box {name} is on the host {found.host}, and not confirmed gone.")
        if found is not Absent.GONE:
            await self._remove_of_another(name)

    async def sweep(self) -> None:
        """Remove what dead gateways left on this host, and the boxes of this gateway that the pool does not know."""
        await self._place.mend()  # else this gateway is among those that have lost their directory
        swept = await self._sweeper.sweep()
        strays = await self._sweeper.remove_strays(self._gateway_id, lambda name: self._slots.removed(name) is not None)
        if swept.gateways or swept.boxes or strays:
            log.warning("swept", gateways=swept.gateways, boxes=swept.boxes, strays=strays)

    async def _remove_of_another(self, name: str) -> None:
        """Remove a box of another gateway on this engine, whose call that gateway no longer answers. It may be dead, or frozen:
        then no sweep may touch what it has, and the box must end all the same."""
        try:
            async with asyncio.timeout(_REMOVAL_SECONDS):
                await self._engine.remove(name)
        except TimeoutError:
            message = f"The box {name} could not be removed within {_REMOVAL_SECONDS:g} s."
            raise EngineUnavailable(message, EngineTrouble.SILENT) from None
        await self._registry.mark_removed(name)

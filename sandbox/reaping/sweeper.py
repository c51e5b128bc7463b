"""Removes what dead gateways left on this host: their boxes and their directories. Every gateway may sweep, at any time.

A dead gateway's boxes are known in two ways: by the box registry, where each was entered before it could exist, and by the
containers' labels. They are looked for two times, too: an engine that was asked to make a box may still make it after it said
that there is none.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.protocol import Engine, EngineContainer
from sandbox.hardening.profile import GATEWAY_LABEL, RUN_DIR_LABEL
from sandbox.reaping import liveness
from sandbox.reaping.box_registry import BoxRegistry

#: Seconds between the two looks. By then, an engine has finished a request that it took from a gateway which then died.
APART = 2.0

_LOOKED = "swept-once"


@dataclass(frozen=True, slots=True)
class Swept:
    """How many dead gateways were cleared away, and how many boxes were removed."""

    gateways: int
    boxes: int


class Sweeper:
    """Sweeps one run directory on one engine. `host` is the engine's in the box registry; `run_dir` is absolute.

    Containers of other run directories are not touched.
    """

    def __init__(self, engine: Engine, registry: BoxRegistry, host: str, run_dir: Path, *, apart: float = APART) -> None:
        self._engine = engine
        self._registry = registry
        self._host = host
        self._run_dir = run_dir
        self._apart = apart
        self._homeless: dict[str, float] = {}  # since when

    async def sweep(self) -> Swept:
        """Remove what belongs to dead gateways: those whose lock can be taken, or whose directory has been gone for a while.

        Raises EngineUnavailable, BoxRegistryUnavailable; the next sweep then finds what is left.
        """
        entered = await self._registry.at(self._host, str(self._run_dir))
        dead = liveness.hold_dead(self._run_dir)
        over = boxes = 0
        try:
            for directory in dead:
                boxes += await self._clear(directory, entered)
                over += await self._give_up(directory, entered)
        finally:
            for lock in dead.values():
                lock.release()
        return Swept(over, boxes + await self._remove_homeless(entered))

    async def remove_strays(self, gateway: str, is_known: Callable[[str], bool]) -> int:
        """Remove a living gateway's boxes that it does not know, because it gave them up before the engine had made them."""
        labelled = {box.name for box in await self._boxes(gateway)}
        entered = _of(gateway, await self._registry.at(self._host, str(self._run_dir)))
        strays = [name for name in labelled | entered if not is_known(name)]
        await self._remove(strays)
        for name in entered.intersection(strays):
            await self._registry.mark_removed(name)
        return len(labelled.intersection(strays))

    async def _clear(self, directory: Path, entered: dict[str, str]) -> int:
        """Remove the gateway's boxes, and then their sockets, without which a box that is made after this look cannot run."""
        labelled = {box.name for box in await self._boxes(directory.name)}
        await self._remove(labelled | _of(directory.name, entered))
        _remove_sockets(directory)
        return len(labelled)

    async def _give_up(self, directory: Path, entered: dict[str, str]) -> bool:
        """After the second look, mark the boxes as removed and remove the directory."""
        mark = directory / _LOOKED
        if not mark.exists():
            mark.touch()
        if time.time() - mark.stat().st_mtime < self._apart:
            return False
        for name in _of(directory.name, entered):
            await self._registry.mark_removed(name)
        shutil.rmtree(directory)
        return True

    async def _remove_homeless(self, entered: dict[str, str]) -> int:
        """Remove the boxes whose gateway has had no directory for a while: a living gateway makes one before its first box, and
        makes it again where an operator has removed it."""
        labelled = {box.name: box.labels[GATEWAY_LABEL] for box in await self._boxes(None)}
        now, boxes = time.monotonic(), entered | labelled
        found = {name for name, gateway in boxes.items() if not (self._run_dir / gateway).is_dir()}
        self._homeless = {name: self._homeless.get(name, now) for name in found}
        homeless = {name for name, since in self._homeless.items() if now - since >= self._apart}
        await self._remove(homeless)
        for name in homeless & entered.keys():
            await self._registry.mark_removed(name)
        return len(homeless & labelled.keys())

    async def _boxes(self, gateway: str | None) -> tuple[EngineContainer, ...]:
        return await self._engine.containers({RUN_DIR_LABEL: str(self._run_dir), GATEWAY_LABEL: gateway})

    async def _remove(self, names: Iterable[str]) -> None:
        await asyncio.gather(*(self._engine.remove(name) for name in names))


def _remove_sockets(directory: Path) -> None:
    for path in directory.glob("cg-*"):
        shutil.rmtree(path)


def _of(gateway: str, entered: dict[str, str]) -> set[str]:
    return {name for name, owner in entered.items() if owner == gateway}

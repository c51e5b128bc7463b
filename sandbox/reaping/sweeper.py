"""What dead gateways left on this host: their boxes and their directories. Every gateway may sweep, at any time.

A dead gateway's boxes are known twice: by the register, where each was entered before it could exist, and by the containers'
labels. They are looked for twice, too: an engine that was asked to make a box may still do so after it said that there is none.
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

APART = 2.0
"""Seconds between the two looks. An engine that took a request from a gateway which then died is done with it by then."""

_LOOKED = "swept-once"


@dataclass(frozen=True, slots=True)
class Swept:
    """How many dead gateways are no more, and how many boxes were removed."""

    gateways: int
    boxes: int


class Sweeper:
    """Of one run directory on one engine. `engine_id` is how the register knows the engine; `run_dir` is absolute.

    Containers of other run directories are not touched.
    """

    def __init__(self, engine: Engine, register: BoxRegistry, engine_id: str, run_dir: Path, *, apart: float = APART) -> None:
        self._engine = engine
        self._register = register
        self.engine_id = engine_id
        self._run_dir = run_dir
        self._apart = apart

    async def sweep(self) -> Swept:
        """Remove what belongs to dead gateways: those whose lock can be taken, or whose directory is gone.

        Raises EngineUnavailable, RegisterUnavailable; what is left then is found next time.
        """
        entered = await self._register.at(self.engine_id, str(self._run_dir))
        dead = liveness.hold_dead(self._run_dir)
        over = boxes = 0
        try:
            for directory in dead:
                boxes += await self._clear(directory, entered)
                over += await self._give_up(directory, entered)
        finally:
            for held in dead.values():
                held.release()
        return Swept(over, boxes + await self._remove_homeless(entered))

    async def remove_strays(self, gateway: str, is_known: Callable[[str], bool]) -> int:
        """Remove the boxes of a living gateway that it does not know: it gave them up before the engine had made them."""
        labelled = {box.name for box in await self._boxes(gateway)}
        entered = _of(gateway, await self._register.at(self.engine_id, str(self._run_dir)))
        strays = [name for name in labelled | entered if not is_known(name)]
        await self._remove(strays)
        for name in entered.intersection(strays):
            await self._register.mark_removed(name)
        return len(labelled.intersection(strays))

    async def _clear(self, directory: Path, entered: dict[str, str]) -> int:
        """Remove the gateway's boxes, and then what they need to start: one that is made after this look cannot run."""
        labelled = {box.name for box in await self._boxes(directory.name)}
        await self._remove(labelled | _of(directory.name, entered))
        _remove_sockets(directory)
        return len(labelled)

    async def _give_up(self, directory: Path, entered: dict[str, str]) -> bool:
        """After the second look, bury the boxes and remove the directory."""
        mark = directory / _LOOKED
        if not mark.exists():
            mark.touch()
        if time.time() - mark.stat().st_mtime < self._apart:
            return False
        for name in _of(directory.name, entered):
            await self._register.mark_removed(name)
        shutil.rmtree(directory)
        return True

    async def _remove_homeless(self, entered: dict[str, str]) -> int:
        # A gateway makes its directory before its first box: whatever has none now was left by a gateway that lost it.
        labelled = {box.name: box.labels[GATEWAY_LABEL] for box in await self._boxes(None)}
        homeless = {name for name, gateway in (entered | labelled).items() if not (self._run_dir / gateway).is_dir()}
        await self._remove(homeless)
        for name in homeless & entered.keys():
            await self._register.mark_removed(name)
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

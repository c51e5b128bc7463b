"""What dead gateways left on this host: their boxes and their directories. Every gateway may sweep, at any time."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sandbox import presence
from sandbox.engine import Container, Engine
from sandbox.profile import GATEWAY_LABEL, RUN_DIR_LABEL


@dataclass(frozen=True, slots=True)
class Swept:
    """How many dead gateways were found, and how many of their boxes were removed."""

    gateways: int
    boxes: int


async def sweep(engine: Engine, run_dir: Path) -> Swept:
    """Remove what belongs to dead gateways: those whose lock can be taken, or whose directory is gone.

    `run_dir` is absolute. Containers of other run directories are not touched.
    Raises EngineUnavailable; what is left then is found next time.
    """
    boxes = 0
    dead = presence.hold_dead(run_dir)
    try:
        for directory in dead:
            boxes += await _remove(engine, await _boxes(engine, run_dir, directory.name))
            shutil.rmtree(directory)
    finally:
        for held in dead.values():
            held.release()
    return Swept(len(dead), boxes + await _remove_homeless(engine, run_dir))


async def _remove_homeless(engine: Engine, run_dir: Path) -> int:
    # A gateway makes its directory before its first box: whatever has none now was left by a gateway that lost it.
    found = await _boxes(engine, run_dir, None)
    return await _remove(engine, (box for box in found if not (run_dir / box.labels[GATEWAY_LABEL]).is_dir()))


async def _boxes(engine: Engine, run_dir: Path, gateway: str | None) -> tuple[Container, ...]:
    return await engine.containers({RUN_DIR_LABEL: str(run_dir), GATEWAY_LABEL: gateway})


async def _remove(engine: Engine, boxes: Iterable[Container]) -> int:
    count = 0
    for box in boxes:
        await engine.remove(box.name)
        count += 1
    return count

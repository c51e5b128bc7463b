"""Whether the disk of the state directory takes what the gateway must remember: asked before a call needs it."""

import asyncio
from pathlib import Path

#: Bytes: as much as many permissions take.
ROOM = 1 << 16


class StateDisk:
    """`directory`: the gateway's state. None: there is nothing that could not be written."""

    def __init__(self, directory: Path | None) -> None:
        self._trial = directory / "room" if directory else None

    async def trouble(self) -> OSError | None:
        """Why it takes nothing more, or not enough; None while it does."""
        if self._trial is None:
            return None
        try:
            await asyncio.to_thread(_write_and_remove, self._trial)
        except OSError as error:
            return error
        return None


def _write_and_remove(trial: Path) -> None:
    """Not flushed: a file system says that it is full, or broken, when it is written to."""
    trial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # an operator may have removed it
    try:
        with trial.open("wb", buffering=0) as file:
            left = ROOM
            while left:
                left -= file.write(bytes(left))
    finally:
        trial.unlink(missing_ok=True)

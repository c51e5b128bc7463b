"""The embedded store with a clock that can be set, by libfaketime (Debian's package) in front of the server's libc."""

from pathlib import Path

from gateway.embedded.errors import PartMissing
from gateway.embedded.state_dir import StateDir
from gateway.embedded.store_server import StoreServer


class ClockedStore(StoreServer):
    """Its wall clock is `step` seconds ahead of the machine's; its monotonic clock is the machine's."""

    def __init__(self, state: StateDir) -> None:
        self._offset = state.home / "store-clock"
        super().__init__(
            state,
            {
                "PATH": "/usr/bin:/bin",
                "LD_PRELOAD": str(_library()),
                "FAKETIME_TIMESTAMP_FILE": str(self._offset),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            },
        )

    async def start(self) -> None:
        if not self._offset.exists():
            self.step(0)
        await super().start()

    def step(self, seconds: int) -> None:
        """Set the clock, at once, so many seconds ahead of the machine's, or behind it where negative."""
        draft = self._offset.with_suffix(".new")
        draft.write_text(f"{seconds:+d}\n")
        draft.replace(self._offset)


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise PartMissing("libfaketime is not installed", cure="Install it, for example `apt-get install libfaketime`.")
    return found[0]

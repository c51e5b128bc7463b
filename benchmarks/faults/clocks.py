"""A wall clock that can be set, for one process: libfaketime (Debian's package) in front of its libc."""

from pathlib import Path

from gateway.embedded.errors import PartMissing


class SteppedClock:
    """It is `step` seconds ahead of the machine's; the process's monotonic clock is the machine's."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.step(0)

    @property
    def environment(self) -> dict[str, str]:
        """What the process needs in its environment. It notices a step within a second."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # With the fix, every wait of gRPC's threads for a monotonic moment returns at once, and they spin.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }

    def step(self, seconds: float) -> None:
        """Set the clock so many seconds ahead of the machine's, or behind it where negative."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{seconds:+g}\n")
        draft.replace(self._file)


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise PartMissing("libfaketime is not installed", cure="Install it, for example `apt-get install libfaketime`.")
    return found[0]

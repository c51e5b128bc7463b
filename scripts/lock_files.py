"""Reads the lock files in `locks/`: which distribution, in which version, with which hashes, where."""

import re
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).parents[1] / "locks"

_ENTRY = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})*)"
)


@dataclass(frozen=True, slots=True)
class Locked:
    """One distribution of one environment. `marker`: on which Pythons and platforms, empty for all."""

    environment: str
    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: Path) -> tuple[Locked, ...]:
    """Raises ValueError for a line that is no pinned distribution: an option, an address, or a range."""
    text = path.read_text().replace("\\\n", " ")
    return tuple(_entry(path.stem, " ".join(line.split())) for line in text.splitlines() if line and not line.startswith("#"))


def read_locks() -> tuple[Locked, ...]:
    """Every environment's."""
    return tuple(locked for path in sorted(LOCKS.glob("*.txt")) for locked in read_lock(path))


def _entry(environment: str, line: str) -> Locked:
    entry = _ENTRY.fullmatch(line)
    if entry is None:
        raise ValueError(f"locks/{environment}.txt: {line[:100]}")
    hashes = tuple(entry["hashes"].replace("--hash=sha256:", "").split())
    return Locked(environment, normal(entry["name"]), entry["version"], entry["marker"] or "", hashes)

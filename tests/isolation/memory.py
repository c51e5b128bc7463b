"""The memory of a process, as its owner could search it."""

import re
from pathlib import Path

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r.*")
#: What the kernel does not let be read, or what is no memory of the process.
_NOT_MEMORY = ("[vvar]", "[vvar_vclock]", "[vsyscall]")
_AT_ONCE = 16 << 20


def copies(pid: int, needle: bytes) -> int:
    """How often the bytes stand in the readable memory of the process."""
    found = 0
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            mapping = _MAPPING.match(line)
            if mapping and not line.endswith(_NOT_MEMORY):
                found += _count(memory, int(mapping[1], 16), int(mapping[2], 16), needle)
    return found


def _count(memory, begin: int, end: int, needle: bytes) -> int:  # type: ignore[no-untyped-def]  # a raw file has no public type
    """In one mapping, piece by piece. One that is gone meanwhile holds nothing."""
    found, tail = 0, b""
    while begin < end:
        memory.seek(begin)
        try:
            piece = memory.read(min(_AT_ONCE, end - begin))
        except OSError:
            break
        if not piece:
            break
        found += (tail + piece).count(needle)
        tail = (tail + piece)[-(len(needle) - 1) :]
        begin += len(piece)
    return found

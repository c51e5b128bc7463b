"""Attacks on finite resources. Each gets as much as its box has, and no more; other boxes and the host keep theirs."""

from collections.abc import Iterator

from sandbox.adversary.case import Case, CaseKind, words
from sandbox.api.spec import BoxLimits
from sandbox.hardening.profile import SCRATCH, SHARED

_PROGRAM = frozenset({CaseKind.PROGRAM})
_MEBIBYTE = 2**20
_FOUR_TIMES = 4


def exhaustion(limits: BoxLimits, *, own_kernel: bool = False) -> Iterator[Case]:
    """The attacks on a box with these limits. A kernel of the box's own ends at a limit, and the box with it."""
    memory, scratch = limits.memory // _MEBIBYTE, limits.scratch // _MEBIBYTE
    yield _case("a bomb of processes", "forks", held="EAGAIN", bound=limits.processes)
    yield _case("processes that end and are never waited for", "zombies", held="EAGAIN", bound=limits.processes)
    yield _case("four times the memory", "memory", str(_FOUR_TIMES * memory), held="SIGKILL ended", bound=memory)
    yield _case("descriptors without end", "descriptors", held="EMFILE", bound=limits.open_files)
    yield _case("a limit lifted: open files", "raises", "7", held="EPERM")
    yield _case("a limit lifted: core dumps", "raises", "4", held="EPERM")
    yield _case("a limit lifted: the length of files", "raises", "1", held="EPERM")
    if not own_kernel:  # there, a program cannot know how much of the host's time it gets
        yield _case("more than its share of the processors", "burns", held="done", bound=int(130 * limits.cpus))
    for place in (SCRATCH, SHARED) if scratch else ():
        large, held = (f"{place}/large", str(_FOUR_TIMES * scratch)), "ENOSPC EFBIG SIGXFSZ"
        yield _case(f"a file larger than {place}", "fill", *large, held=held, bound=limits.scratch // 1024)
        if not own_kernel:  # it counts no files: they are memory, like everything else
            yield _case(f"files without end in {place}", "inodes", place, held="ENOSPC", bound=limits.scratch // 4096)


def _case(name: str, *attempt: str, held: str, bound: int | None = None) -> Case:
    return Case("resources", name, attempt, words(held), bound=bound, own_kernel=words("ended hung"))

"""What an attack is, and what became of it. Plain values, of which the tables beside this file are made."""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum


class CaseKind(StrEnum):
    """The kind of box that is attacked. The kinds differ in sockets and scratch memory; each box is made as for a real call.

    A refused call gets EPERM in a RUNNER box. In a PROGRAM box it gets ENOSYS, or EPERM where the runner has put its own filter
    on the program.
    """

    RUNNER = "runner"  # the box of a call of an OpenAPI operation
    PROGRAM = "program"  # the box of a tool author's own program


BOTH = frozenset(CaseKind)


@dataclass(frozen=True, slots=True)
class AttackOutcome:
    """What the probe reports of one attempt: the kernel's error by name, or `done`; and for some attempts, a count."""

    word: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One attack: what the probe is told to try, and the outcomes in which the box has held.

    `bound` is for attacks on a finite resource: how much of it the attack may get at most. `own_kernel` are further outcomes
    that are right where the box has a kernel of its own (gVisor), which answers some calls differently from the host's.
    """

    group: str
    name: str
    attempt: tuple[str, ...]
    held: frozenset[str]
    boxes: frozenset[CaseKind] = BOTH
    _: KW_ONLY
    bound: int | None = None
    own_kernel: frozenset[str] = frozenset()

    def verdict(self, kind: CaseKind, outcome: AttackOutcome, *, own_kernel: bool = False) -> "CaseVerdict":
        words = self.held | self.own_kernel if own_kernel else self.held
        if kind is CaseKind.PROGRAM and "EPERM" in words:
            words |= {"ENOSYS"}
        return CaseVerdict(self, kind, outcome, outcome.word in words and (self.bound is None or outcome.count <= self.bound))


@dataclass(frozen=True, slots=True)
class CaseVerdict:
    """What became of an attack in one box."""

    case: Case
    kind: CaseKind
    outcome: AttackOutcome
    held: bool

    def __str__(self) -> str:
        count = f" after {self.outcome.count}" if self.case.bound is not None else ""
        return f"{self.case.group}: {self.case.name} [{self.kind}]: {self.outcome.word}{count}"


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())

"""The figures of all storms together, each with the bound that it must keep: the benchmark's verdict is that all do."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from benchmarks.faults.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and the bounds within which the verdict is good."""

    name: str
    value: float
    unit: str
    least: float = -inf
    most: float = inf

    @property
    def holds(self) -> bool:
        return self.least <= self.value <= self.most


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that the storms must have been."""

    calls: int
    fault_kinds: int
    failovers: int
    boxed_share: float


#: What the whole benchmark has to reach, and what a short one does.
WHOLE = Floor(calls=10_000, fault_kinds=8, failovers=20, boxed_share=0.3)
SHORT = Floor(calls=100, fault_kinds=5, failovers=2, boxed_share=0.3)


def figures(verdicts: Sequence[Verdict], struck: Counter[str], leaks: Counter[str], floor: Floor) -> list[Figure]:
    """`struck`: how often each kind of fault struck, the failovers among them."""

    def total(name: str) -> int:
        return sum(int(getattr(verdict, name)) for verdict in verdicts)

    calls, acting = total("calls"), total("acting")
    return [
        Figure("calls", calls, "calls", least=floor.calls),
        Figure("fault_kinds", len(struck), "kinds", least=floor.fault_kinds),
        Figure("failovers", total("failovers"), "failovers", least=floor.failovers),
        Figure("keys_asked_again", total("asked_again"), "calls", least=calls, most=calls),
        Figure("boxed_share", _share(total("boxed"), calls), "of calls", least=floor.boxed_share),
        Figure("duplicate_effects", total("duplicate_effects"), "effects", most=0),
        Figure("without_outcome", total("without_outcome"), "calls", most=0),
        Figure("untrue_outcomes", total("untrue_outcomes"), "calls", most=0),
        Figure("changed_answers", total("changed_answers"), "calls", most=0),
        Figure("leaks", leaks.total(), "things", most=0),
        Figure("acting_refused_share", _share(total("acting_refused"), acting), "of acting calls", most=0.1),
        Figure("resumed_s", max((verdict.resumed for verdict in verdicts), default=0.0), "s", most=10),
        Figure("refusals_after_failovers", total("refused") - total("acting_refused"), "refusals"),
        Figure("forgotten_answers", total("forgotten_answers"), "calls"),
        Figure("unknown_share", _share(total("unknown"), calls), "of calls"),
        Figure("faults", struck.total(), "faults"),
        *(Figure(f"faults_{kind}", number, "faults") for kind, number in sorted(struck.items())),
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0

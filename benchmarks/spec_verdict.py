"""The bounds of `specs`, and whether a run keeps them."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import ge, le

from benchmarks.figures import show

#: openapi-core checks the same arguments so many times as slowly.
FASTER = 50


@dataclass(frozen=True, slots=True)
class Bound:
    holds: Callable[[float, float], bool]
    value: float
    #: Whether only a run of all documents can keep it.
    of_all: bool = False


BOUNDS: Mapping[str, Bound] = {
    "documents_imported": Bound(ge, 0.99),
    "tools_usable": Bound(ge, 0.999),
    "operations_elsewhere": Bound(le, 0.04),
    "unaccounted_operations": Bound(le, 0),
    "accepts_nothing": Bound(le, 0),
    "examples_kept": Bound(ge, 0.95),
    "names_with_hash": Bound(le, 0.01),
    "tools_over_8k_tokens": Bound(le, 0),
    "requests_sampled": Bound(ge, 3),
    "requests_accepted_by_openapi_core": Bound(ge, 0.97),
    "refused_ours": Bound(le, 0),
    "documents_judged_by_prism": Bound(ge, 100, of_all=True),
    "operations_with_working_auth": Bound(ge, 0.99),
    "github_import_s": Bound(le, 5),
    "validate_us_p50_times_less": Bound(ge, FASTER),
}


@dataclass(slots=True)
class Figures:
    """The figures of one run: each is shown once, and held against its bound."""

    bounds: Mapping[str, Bound] = field(default_factory=lambda: BOUNDS)
    found: dict[str, float] = field(default_factory=dict)

    def show(self, figure: str, value: float, unit: str) -> None:
        self.found[figure] = value
        show(figure, value, unit)

    def is_kept(self, *, whole: bool, without: tuple[str, ...] = ()) -> bool:
        """Tell each bound that is not kept. `whole`: all documents were read; `without`: the figures that were left out."""
        wanted = {name: bound for name, bound in self.bounds.items() if (whole or not bound.of_all) and name not in without}
        broken = [name for name, bound in wanted.items() if not self._keeps(name, bound)]
        for name in broken:
            told = {
                "bound": name,
                "found": self.found.get(name),
                "wanted": f"{wanted[name].holds.__name__} {wanted[name].value:g}",
            }
            print(json.dumps(told), file=sys.stderr, flush=True)
        return not broken

    def _keeps(self, name: str, bound: Bound) -> bool:
        return name in self.found and bound.holds(self.found[name], bound.value)

"""With how many operations that require a credential an API lets a box's call in, for `specs`.

- operations_with_auth: those of which at least one alternative asks for something.
- combinations_called: of the kinds that an alternative asks for together, with the places and names of API keys and the regions
  and services of signatures; each is called once with the right secrets, and once with a wrong one in the place of each.
- operations_with_working_auth: those of combinations that work, by all. operations_without_working_auth: how many others there
  are. Both are left out where the stack did not start.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.auth_calls import prove
from benchmarks.auth_kinds import Combination
from benchmarks.auth_tally import AuthTally, examine
from benchmarks.running import exit_status
from benchmarks.stack import BoxesLeft
from gateway.embedded.errors import EmbeddedError
from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

FAILURES = (BoxesLeft, EmbeddedError, GatewayError, SandboxError)

#: Takes a figure, its value and its unit.
Show = Callable[[str, float, str], None]


def measure(names: Sequence[str], specs: Path, processes: int, show: Show) -> None:
    tally = _tally(names, specs, processes)
    show("operations_with_auth", tally.operations, "operations")
    refusals: dict[Combination, str] = {}

    async def calls() -> bool:
        refusals.update(await prove({kinds: found.example for kinds, found in tally.found.items()}, specs))
        return True

    if tally.found and exit_status(calls(), *FAILURES):
        return
    tell(tally, refusals, show)


def tell(tally: AuthTally, refusals: dict[Combination, str], show: Show) -> None:
    """`refusals`: why a combination does not work; empty: it does."""
    every = tally.operations
    for combination, refusal in refusals.items():
        if refusal:
            found = tally.found.pop(combination)
            example = f"{found.example.document} {found.example.route}"
            tally.lack(" and ".join(map(str, combination)), refusal, found.count, example)
    working = sum(found.count for found in tally.found.values())
    show("combinations_called", len(refusals), "combinations of kinds")
    show("operations_with_working_auth", working / max(1, every), "share")
    show("operations_without_working_auth", every - working, "operations")
    for (kinds, why), (count, example) in sorted(tally.lacking.items(), key=lambda item: -item[1][0]):
        line = {"list": "without_working_auth", "count": count, "kinds": kinds, "reason": why, "example": example}
        print(json.dumps(line), flush=True)


def _tally(names: Sequence[str], specs: Path, processes: int) -> AuthTally:
    whole = AuthTally()
    with ProcessPoolExecutor(processes) as pool:
        for tally in pool.map(examine, [str(specs / name) for name in names], names):
            whole.merge(tally)
    return whole

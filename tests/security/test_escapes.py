"""A hostile program in a real box tries to get out. Each row of the tables is one attack, and has one verdict."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.adversary.attack import attack_box, escapes, spec
from sandbox.adversary.case import Case, CaseKind, CaseVerdict
from sandbox.adversary.probe_box import ProbeSite

Verdicts = dict[tuple[CaseKind, Case], CaseVerdict]

ROWS = [
    pytest.param(kind, case, id=f"{kind}: {case.group}: {case.name}")
    for kind in CaseKind
    for case in escapes()
    if kind in case.boxes
]


@pytest.fixture(scope="module")
def verdicts(attacking: Callable[..., Any]) -> Verdicts:
    async def attack(site: ProbeSite) -> Verdicts:
        found = [verdict for kind in CaseKind async for verdict in attack_box(site, kind, spec(kind, site.image), escapes())]
        return {(verdict.kind, verdict.case): verdict for verdict in found}

    verdicts: Verdicts = attacking(attack)
    return verdicts


@pytest.mark.parametrize(("kind", "case"), ROWS)
def test_the_box_holds(verdicts: Verdicts, kind: CaseKind, case: Case) -> None:
    assert verdicts[kind, case].held, str(verdicts[kind, case])


def test_there_are_enough_attacks_and_no_two_are_the_same() -> None:
    assert len(ROWS) >= 60
    assert len({(case.attempt, case.boxes) for case in escapes()}) == len([*escapes()])

"""A hostile program in a real box tries to get out. Each row of the tables is one attack, and has one verdict."""

import pytest

from sandbox.adversary.attack import attack_box, escapes, spec
from sandbox.adversary.case import Case, CaseKind, CaseVerdict
from sandbox.adversary.probe_box import ProbeSite

from .conftest import Attacking

Verdicts = dict[tuple[CaseKind, Case], CaseVerdict]

ROWS = [
    pytest.param(kind, case, id=f"{kind}: {case.group}: {case.name}")
    for kind in CaseKind
    for case in escapes()
    if kind in case.boxes
]


async def try_all(site: ProbeSite) -> Verdicts:
    found = [verdict for kind in CaseKind async for verdict in attack_box(site, kind, spec(kind, site.image), escapes())]
    return {(verdict.kind, verdict.case): verdict for verdict in found}


@pytest.fixture(scope="module")
def verdicts(attacking: Attacking) -> Verdicts:
    return attacking(try_all)


@pytest.mark.parametrize(("kind", "case"), ROWS)
def test_the_box_holds(verdicts: Verdicts, kind: CaseKind, case: Case) -> None:
    assert verdicts[kind, case].held, str(verdicts[kind, case])


def test_there_are_enough_attacks_and_no_two_are_the_same() -> None:
    assert len(ROWS) >= 60
    assert len({(case.attempt, case.boxes) for case in escapes()}) == len([*escapes()])

"""The attacks on the broker that `callgate doctor --sandbox` makes."""

import base64

import pytest

from sandbox.adversary.attack import attack_box, spec
from sandbox.adversary.case import Case, CaseKind, CaseVerdict
from sandbox.adversary.egress import NAMED, PORT, careless, connect, egress
from sandbox.adversary.probe_box import ProbeSite
from sandbox.api.job import Egress


async def verdicts(site: ProbeSite, kind: CaseKind, cases: list[Case], policy: Egress) -> list[CaseVerdict]:
    return [verdict async for verdict in attack_box(site, kind, spec(kind, site.image), cases, policy=policy)]


@pytest.mark.parametrize("kind", CaseKind)
async def test_the_broker_holds_against_all_of_them(site: ProbeSite, kind: CaseKind) -> None:
    found = await verdicts(site, kind, list(egress()), careless())
    assert len(found) >= 70
    assert [str(verdict) for verdict in found if not verdict.held] == []


async def test_what_the_policy_names_in_plain_words_is_let_through(site: ProbeSite) -> None:
    """So an attack would be seen that got as far."""
    plain = Case("egress", "plain", ("tells", base64.b64encode(connect(f"{NAMED}:{PORT}")).decode()), frozenset({"403"}))
    [verdict] = await verdicts(site, CaseKind.PROGRAM, [plain], careless())
    assert not verdict.held
    assert verdict.outcome.word in {"200", "502"}

"""The attacks themselves: an attack that cannot succeed anywhere proves nothing of a box in which it fails."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.adversary.attack import attack_box, escapes, spec
from sandbox.adversary.case import Case, CaseKind, CaseVerdict
from sandbox.adversary.probe_box import ProbeSite

from .conftest import Attacking
from .weak import as_the_engine_would, held_by_the_host, on_the_hosts_network, open_wide

WEAK = (open_wide, as_the_engine_would)
Key = tuple[CaseKind, Case]


async def find_successes(site: ProbeSite) -> dict[Key, set[str]]:
    """The attacks, and the weak boxes in which each succeeded."""
    found: dict[Key, set[str]] = {}
    async for weak, verdict in _weak_verdicts(site):
        found.setdefault((verdict.kind, verdict.case), set()).update([] if verdict.held else [weak])
    return found


@pytest.fixture(scope="module")
def succeeded(attacking: Attacking) -> dict[Key, set[str]]:
    return attacking(find_successes)


async def _weak_verdicts(site: ProbeSite) -> AsyncIterator[tuple[str, CaseVerdict]]:
    for weaken in WEAK:
        for kind in CaseKind:
            async for verdict in attack_box(site, kind, spec(kind, site.image), escapes(), weaken):
                yield weaken.__name__, verdict
    interfaces = [case for case in escapes() if case.attempt == ("interfaces",)]
    for kind in CaseKind:
        async for verdict in attack_box(site, kind, spec(kind, site.image), interfaces, on_the_hosts_network):
            yield on_the_hosts_network.__name__, verdict


def can_be_shown(kind: CaseKind, case: Case) -> bool:
    """Whether this host has what the attack is after."""
    verb, *words = case.attempt
    if verb == "capability":
        return case.name.lower() in held_by_the_host()
    if verb == "connects" and kind is CaseKind.PROGRAM:
        return words[0] == "unix"  # a weak box on a network would really reach what is out there
    if verb in ("opens", "reads"):
        return Path(words[-1]).exists()
    if verb == "lists":
        return Path(words[0]).exists() and any(Path(words[0]).iterdir())
    return True


def test_every_attack_succeeds_on_a_weak_box(succeeded: dict[Key, set[str]]) -> None:
    shown = {case for (_, case), weak in succeeded.items() if weak}
    assert [f"{case.group}: {case.name}" for kind, case in succeeded if can_be_shown(kind, case) and case not in shown] == []


def test_nearly_all_attacks_can_be_shown_here(succeeded: dict[Key, set[str]]) -> None:
    """Lest the exceptions above excuse everything."""
    assert sum(map(bool, succeeded.values())) > 0.85 * len(succeeded)


@pytest.mark.parametrize(
    "name",
    [
        "VSOCK",
        "ALG",
        "NETLINK, routes",
        "io_uring_setup 1 buffer",
        "ptrace 0 0 0 0",
        "userfaultfd 1",
        "a set-user-id file",
        "NET_RAW",
    ],
)
def test_what_the_engines_own_defaults_let_through_is_found(succeeded: dict[Key, set[str]], name: str) -> None:
    [found] = [weak for (kind, case), weak in succeeded.items() if case.name == name and kind is CaseKind.RUNNER]
    assert as_the_engine_would.__name__ in found

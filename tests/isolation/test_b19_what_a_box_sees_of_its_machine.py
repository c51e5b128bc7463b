"""A box could write into the message queues' directory, have the host write out all that others had written, and tell which
machine it was on and how busy that was. The rows are among those of `tests/security`; each is tried here in a real box."""

from collections.abc import Iterator

import pytest

from sandbox.adversary.attack import attack_box, escapes, spec
from sandbox.adversary.case import CaseKind, CaseVerdict
from sandbox.adversary.probe_box import ProbeSite
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.hardening.profile import MASKED, MASKED_FROM_RUNNERS
from sandbox.hardening.seccomp import Guest, seccomp
from tests.security.conftest import Attacking

_BOTH = """
    creates /dev/mqueue/probe | call sync | call syncfs 0 | reads /proc/sys/kernel/random/boot_id | reads /proc/loadavg
    lists /proc/pressure | reads /proc/vmstat | reads /proc/zoneinfo | reads /proc/buddyinfo
"""
_RUNNER = "call sysinfo buffer | reads /proc/stat | reads /proc/uptime"


def rows() -> Iterator[tuple[CaseKind, str]]:
    """Each attack with the kind of box in which it is tried."""
    for kind in CaseKind:
        for attempt in (_BOTH if kind is CaseKind.PROGRAM else f"{_BOTH}|{_RUNNER}").replace("\n", "|").split("|"):
            if attempt.strip():
                yield kind, attempt.strip()


@pytest.fixture(scope="module")
def verdicts(attacking: Attacking) -> dict[tuple[CaseKind, str], CaseVerdict]:
    wanted = {attempt for _, attempt in rows()}
    cases = [case for case in escapes() if " ".join(case.attempt) in wanted]

    async def try_all(site: ProbeSite) -> dict[tuple[CaseKind, str], CaseVerdict]:
        found = [verdict for kind in CaseKind async for verdict in attack_box(site, kind, spec(kind, site.image), cases)]
        return {(verdict.kind, " ".join(verdict.case.attempt)): verdict for verdict in found}

    return attacking(try_all)


@pytest.mark.parametrize(("kind", "attempt"), [*rows()])
def test_a_box_neither_writes_nor_reads_there(
    verdicts: dict[tuple[CaseKind, str], CaseVerdict], kind: CaseKind, attempt: str
) -> None:
    assert verdicts[kind, attempt].held, str(verdicts[kind, attempt])


@pytest.mark.parametrize("guest", Guest)
@pytest.mark.parametrize("call", ["sync", "syncfs"])
def test_no_box_may_have_the_host_write_out_what_others_wrote(guest: Guest, call: str) -> None:
    assert f'"{call}"' not in seccomp(guest)


def test_only_an_authors_program_may_ask_for_the_machines_memory_and_counters() -> None:
    assert '"sysinfo"' in seccomp(Guest.PROGRAM)
    assert '"sysinfo"' not in seccomp(Guest.RUNNER)
    assert not {*MASKED.split()} & {*MASKED_FROM_RUNNERS.split()}
    assert not RUNNER.runner_mounted
    assert BoxSpec("tool:1").runner_mounted

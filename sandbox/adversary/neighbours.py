"""Attacks of one tenant's box on another's. The neighbour leaves traces of every kind, and the attacker looks for them."""

import secrets
from collections.abc import AsyncIterator, Iterator

from sandbox.adversary.case import Case, CaseKind, CaseVerdict, words
from sandbox.adversary.probe_box import ProbeBox, ProbeSite, Weaken, probe_box, unchanged
from sandbox.api.spec import BoxSpec
from sandbox.hardening.profile import SCRATCH
from sandbox.hardening.runtimes import OWN_KERNEL

USERS = (10, 11)
#: The key of the shared memory that the neighbour makes.
_KEY = "0x43616c6c"

_PROGRAM = frozenset({CaseKind.PROGRAM})


def neighbours(mark: str, process: int) -> Iterator[Case]:
    """The attacks. `mark` is the name of all traces that the neighbour leaves; `process` is its process id on the host."""
    yield _case("connect to its abstract socket", "connects", "unix", f"@{mark}", held="ECONNREFUSED")
    yield _case("open its shared memory", "call", "shmget", _KEY, "1", "0", held="ENOENT")
    yield _case("open its message queue", "call", "mq_open", mark, "0", "0", "0", held="ENOENT")
    yield _case("read its scratch memory", "reads", f"{SCRATCH}/{mark}", held="ENOENT")
    yield _case("find its name among all processes", "leaks", mark, held="none")
    yield _case("signal its process", "call", "kill", str(process), "0", held="ESRCH")
    yield _case("look into its process", "lists", f"/proc/{process}/root", held="ENOENT")


async def attack_neighbour(
    site: ProbeSite, made: BoxSpec, neighbourly: Weaken = unchanged, weaken: Weaken = unchanged
) -> AsyncIterator[CaseVerdict]:
    """Attack one box from another. Tests weaken the boxes, so that they share what boxes must not share."""
    mark, names = f"probe-{secrets.token_hex(6)}", [f"cg-{secrets.token_hex(6)}" for _ in USERS]
    async with probe_box(site, names[0], made, site.user(USERS[0]), neighbourly) as neighbour:
        left = await neighbour.attempt("stay", "leaves", mark, _KEY)
        yield _case("leave traces", "stay", "leaves", held="done").verdict(CaseKind.PROGRAM, left)
        async with probe_box(site, names[1], made, site.user(USERS[1]), weaken) as attacker:
            for case in neighbours(mark, neighbour.process):
                yield await _judge(attacker, case, made)
            own, other = await attacker.attempt("identity"), await neighbour.attempt("identity")
            same = _case("be the same user", "identity", held="own", bound=0)
            yield CaseVerdict(same, CaseKind.PROGRAM, own, own.word == other.word == "own" and own.count != other.count)


async def _judge(box: ProbeBox, case: Case, made: BoxSpec) -> CaseVerdict:
    return case.verdict(CaseKind.PROGRAM, await box.attempt(*case.attempt), own_kernel=made.runtime in OWN_KERNEL)


def _case(name: str, *attempt: str, held: str, bound: int | None = None) -> Case:
    return Case("neighbour", name, attempt, words(held), _PROGRAM, bound=bound)

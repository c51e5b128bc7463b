"""All attacks, on live boxes of one runtime."""

import platform
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace

from sandbox.adversary.calls import calls
from sandbox.adversary.case import Case, CaseKind, CaseVerdict
from sandbox.adversary.egress import careless, egress
from sandbox.adversary.exhaustion import exhaustion
from sandbox.adversary.neighbours import attack_neighbour
from sandbox.adversary.places import places
from sandbox.adversary.probe_box import ProbeBox, ProbeSite, Weaken, probe_box, unchanged
from sandbox.adversary.sockets import sockets
from sandbox.api.job import Egress
from sandbox.api.spec import RUNNER, BoxLimits, BoxSpec
from sandbox.hardening.runtimes import OWN_KERNEL, RUNC

_USERS = {CaseKind.RUNNER: 0, CaseKind.PROGRAM: 1}


def spec(kind: CaseKind, image: str, runtime: str = RUNC) -> BoxSpec:
    """What a box of that kind is made of, with its usual limits. `image` stands for a tool author's image."""
    if kind is CaseKind.RUNNER:
        return replace(RUNNER, runtime=runtime)
    return BoxSpec(image, runtime, BoxLimits(scratch=4 * 2**20))


def escapes() -> Iterator[Case]:
    """The attacks that leave their box as it was: all of them can be made in one box."""
    yield from calls()
    yield from sockets()
    yield from places()


async def attack(
    site: ProbeSite, runtime: str = RUNC, kinds: Iterable[CaseKind] = tuple(CaseKind)
) -> AsyncIterator[CaseVerdict]:
    """Make every attack on these kinds of box. Raises SandboxError, EngineUnavailable, RuntimeUnavailable."""
    for kind in kinds:
        made = spec(kind, site.image, runtime)
        async for verdict in attack_box(site, kind, made, escapes()):
            yield verdict
        async for verdict in attack_box(site, kind, made, egress(), policy=careless()):
            yield verdict
        for case in exhaustion(made.limits, own_kernel=runtime in OWN_KERNEL):
            async for verdict in attack_box(site, kind, made, [case]):
                yield verdict
    if runtime in OWN_KERNEL:
        yield await _own_kernel(site, runtime)
    async for verdict in attack_neighbour(site, spec(CaseKind.PROGRAM, site.image, runtime)):
        yield verdict


async def _own_kernel(site: ProbeSite, runtime: str) -> CaseVerdict:
    """Whether the runtime has a kernel of its own: an engine may know the host's runtime by another runtime's name."""
    case = Case("kernel", "find the host's kernel", ("kernel",), frozenset())
    async with probe_box(
        site, f"cg-{secrets.token_hex(6)}", spec(CaseKind.PROGRAM, site.image, runtime), site.user(_USERS[CaseKind.PROGRAM])
    ) as box:
        outcome = await box.attempt(*case.attempt)
        return CaseVerdict(case, CaseKind.PROGRAM, outcome, outcome.word not in ("ended", "hung", platform.release()))


async def attack_box(
    site: ProbeSite,
    kind: CaseKind,
    made: BoxSpec,
    cases: Iterable[Case],
    weaken: Weaken = unchanged,
    *,
    policy: Egress | None = None,
) -> AsyncIterator[CaseVerdict]:
    """Make these attacks one after the other in one box; with a policy, there is a broker to attack."""
    async with probe_box(site, f"cg-{secrets.token_hex(6)}", made, site.user(_USERS[kind]), weaken, egress=policy) as box:
        for case in cases:
            if kind in case.boxes:
                yield await _judge(box, kind, case, made.runtime)


async def _judge(box: ProbeBox, kind: CaseKind, case: Case, runtime: str) -> CaseVerdict:
    return case.verdict(kind, await box.attempt(*case.attempt), own_kernel=runtime in OWN_KERNEL)

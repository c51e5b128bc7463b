"""A hostile program in a real box takes all it can get: it gets what its box has, and the box ends when it is told to."""

import asyncio
import secrets
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from sandbox.adversary.attack import attack_box, spec
from sandbox.adversary.case import Case, CaseKind
from sandbox.adversary.exhaustion import exhaustion
from sandbox.adversary.probe_box import ProbeBox, ProbeSite, probe_box
from sandbox.api.spec import BoxLimits

ROWS = [pytest.param(kind, case, id=f"{kind}: {case.name}") for kind in CaseKind for case in exhaustion(spec(kind, "").limits)]
SCARCE = replace(spec(CaseKind.PROGRAM, "").limits, cpus=0.05)  # a busy machine may have no more to give
FINITE = [case for case in exhaustion(SCARCE) if case.bound is not None]
GENEROUS = BoxLimits(memory=160 * 2**20, cpus=2.0, processes=128, open_files=256, scratch=12 * 2**20)
UID = 190_100


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "case"), ROWS)
async def test_a_box_gives_no_more_than_it_has(site: ProbeSite, kind: CaseKind, case: Case) -> None:
    [verdict] = [verdict async for verdict in attack_box(site, kind, spec(kind, site.image), [case])]
    assert verdict.held, str(verdict)


@pytest.mark.slow
@pytest.mark.parametrize("case", FINITE, ids=lambda case: case.name)
async def test_the_attack_takes_more_where_there_is_more(site: ProbeSite, case: Case) -> None:
    """So what stopped it was the box, and not its own weakness."""
    generous = replace(spec(CaseKind.PROGRAM, site.image), limits=GENEROUS)
    [verdict] = [verdict async for verdict in attack_box(site, CaseKind.PROGRAM, generous, [case])]
    assert case.bound is not None
    assert verdict.outcome.count > case.bound


@pytest.mark.slow
async def test_two_hundred_megabytes_of_output_go_nowhere(site: ProbeSite, dockerd: docker.APIClient) -> None:
    async with _box(site) as box:
        outcome = await box.attempt("output", "200")
        log = dockerd.inspect_container(box.name)["LogPath"]
    assert (outcome.word, outcome.count) == ("done", 200)
    assert log == ""


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["sleeps", "defies", "forks stay", "zombies stay"])
async def test_a_box_is_gone_within_five_seconds_whatever_runs_in_it(
    site: ProbeSite, dockerd: docker.APIClient, verb: str
) -> None:
    async with _box(site) as box:
        running = asyncio.create_task(box.attempt(*verb.split()))
        await _busy(dockerd, box)
        begun = time.monotonic()
    running.cancel()
    assert time.monotonic() - begun < 5


async def _busy(dockerd: docker.APIClient, box: ProbeBox) -> None:
    """Return once the attempt has a process of its own."""
    async with asyncio.timeout(10):
        while len((await asyncio.to_thread(dockerd.top, box.name))["Processes"]) < 2:
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_a_box_in_trouble_is_no_trouble_to_its_neighbour(site: ProbeSite, dockerd: docker.APIClient) -> None:
    async with _box(site) as bomb, _box(site, UID + 1) as neighbour:
        running = asyncio.create_task(bomb.attempt("forks"))
        await _busy(dockerd, bomb)
        begun = time.monotonic()
        answer = await neighbour.attempt("identity")
        seconds = time.monotonic() - begun
        assert await running
    assert answer.word == "own"
    assert seconds < 5


async def test_a_dying_box_leaves_no_core_file(site: ProbeSite) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    assert not pattern.startswith("|"), "this host pipes core files to a program: the test cannot see it"
    async with _box(site) as box:
        await box.attempt("crashes")
        assert (await box.attempt("lists", "/tmp")).word == "empty"


def _box(site: ProbeSite, uid: int = UID) -> AbstractAsyncContextManager[ProbeBox]:
    return probe_box(site, f"cg-{secrets.token_hex(6)}", spec(CaseKind.PROGRAM, site.image), uid)

"""A hostile program in a real box takes all it can get: it gets what its box has, and the box ends when it is told to."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize(("kind", "case"), ROWS)
def test_a_box_gives_no_more_than_it_has(attacking: Callable[..., Any], kind: CaseKind, case: Case) -> None:
    async def attack(site: ProbeSite) -> list[Any]:
        return [verdict async for verdict in attack_box(site, kind, spec(kind, site.image), [case])]

    [verdict] = attacking(attack)
    assert verdict.held, str(verdict)


@pytest.mark.parametrize("case", FINITE, ids=lambda case: case.name)
def test_the_attack_takes_more_where_there_is_more(attacking: Callable[..., Any], case: Case) -> None:
    """So what stopped it was the box, and not its own weakness."""

    async def attack(site: ProbeSite) -> list[Any]:
        generous = replace(spec(CaseKind.PROGRAM, site.image), limits=GENEROUS)
        return [verdict async for verdict in attack_box(site, CaseKind.PROGRAM, generous, [case])]

    [verdict] = attacking(attack)
    assert verdict.outcome.count > case.bound


def test_two_hundred_megabytes_of_output_go_nowhere(attacking: Callable[..., Any], dockerd: docker.APIClient) -> None:
    async def attack(site: ProbeSite) -> tuple[Any, str]:
        async with _box(site) as box:
            outcome = await box.attempt("output", "200")
            return outcome, dockerd.inspect_container(box.name)["LogPath"]

    outcome, log = attacking(attack)
    assert (outcome.word, outcome.count) == ("done", 200)
    assert log == ""


@pytest.mark.parametrize("verb", ["sleeps", "defies", "forks stay", "zombies stay"])
def test_a_box_is_gone_within_five_seconds_whatever_runs_in_it(attacking: Callable[..., Any], verb: str) -> None:
    async def attack(site: ProbeSite) -> float:
        async with _box(site) as box:
            running = asyncio.create_task(box.attempt(*verb.split()))
            await _busy(site, box)
            begun = time.monotonic()
        running.cancel()
        return time.monotonic() - begun

    assert attacking(attack) < 5


async def _busy(site: ProbeSite, box: ProbeBox) -> None:
    """Return once the attempt has a process of its own."""
    client = docker.APIClient("unix:///run/docker.sock")
    try:
        async with asyncio.timeout(10):
            while len((await asyncio.to_thread(client.top, box.name))["Processes"]) < 2:
                await asyncio.sleep(0.02)
    finally:
        client.close()


def test_a_box_in_trouble_is_no_trouble_to_its_neighbour(attacking: Callable[..., Any]) -> None:
    async def attack(site: ProbeSite) -> tuple[float, Any]:
        async with _box(site) as bomb, _box(site, UID + 1) as neighbour:
            running = asyncio.create_task(bomb.attempt("forks"))
            await _busy(site, bomb)
            begun = time.monotonic()
            answer = await neighbour.attempt("identity")
            return time.monotonic() - begun, await running and answer

    seconds, answer = attacking(attack)
    assert answer.word == "own"
    assert seconds < 5


def test_a_dying_box_leaves_no_core_file(attacking: Callable[..., Any]) -> None:
    async def attack(site: ProbeSite) -> Any:
        async with _box(site) as box:
            await box.attempt("crashes")
            return await box.attempt("lists", "/tmp")

    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    assert not pattern.startswith("|"), "this host pipes core files to a program: the test cannot see it"
    assert attacking(attack).word == "empty"


def _box(site: ProbeSite, uid: int = UID) -> Any:
    return probe_box(site, f"cg-{secrets.token_hex(6)}", spec(CaseKind.PROGRAM, site.image), uid)

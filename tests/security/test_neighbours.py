"""Two boxes of two tenants, side by side: neither finds anything of the other's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adversary.attack import spec
from sandbox.adversary.case import CaseKind, CaseVerdict
from sandbox.adversary.neighbours import attack_neighbour, neighbours
from sandbox.adversary.probe_box import ProbeSite
from sandbox.hardening.profile import SCRATCH

from .conftest import Attacking
from .weak import Config

NAMES = [case.name for case in neighbours("mark", 1)]


async def try_all(site: ProbeSite) -> dict[str, CaseVerdict]:
    found = [verdict async for verdict in attack_neighbour(site, spec(CaseKind.PROGRAM, site.image))]
    return {verdict.case.name: verdict for verdict in found}


@pytest.fixture(scope="module")
def verdicts(attacking: Attacking) -> dict[str, CaseVerdict]:
    return attacking(try_all)


@pytest.mark.parametrize("name", ["leave traces", *NAMES, "be the same user"])
def test_a_box_finds_nothing_of_its_neighbour(verdicts: dict[str, CaseVerdict], name: str) -> None:
    assert verdicts[name].held, str(verdicts[name])


async def test_boxes_that_share_what_they_must_not_are_found_out(site: ProbeSite, tmp_path: Path) -> None:
    boxes = _sharing(str(tmp_path))
    found = [verdict async for verdict in attack_neighbour(site, spec(CaseKind.PROGRAM, site.image), *boxes)]
    assert {verdict.case.name for verdict in found if not verdict.held} == {*NAMES, "be the same user"}


def _sharing(directory: str) -> tuple[Callable[[Config], Config], Callable[[Config], Config]]:
    """Two boxes in one: their namespaces, their scratch memory and their user are the same."""
    names: list[str] = []

    def scratch(config: Config) -> Config:
        mounts = [*config["HostConfig"]["Mounts"], {"Type": "bind", "Source": directory, "Target": SCRATCH}]
        return {**config, "User": "0:0", "HostConfig": {**config["HostConfig"], "Tmpfs": {}, "Mounts": mounts, "CapDrop": []}}

    def first(config: Config) -> Config:
        names.append(config["Labels"]["callgate.box"])
        config = scratch(config)
        return {**config, "HostConfig": {**config["HostConfig"], "IpcMode": "shareable"}}

    def second(config: Config) -> Config:
        config, place = scratch(config), f"container:{names[0]}"
        shared = {"IpcMode": place, "PidMode": "host", "NetworkMode": place}
        return {**config, "Hostname": "", "NetworkDisabled": False, "HostConfig": {**config["HostConfig"], **shared}}

    return first, second

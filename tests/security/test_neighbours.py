"""Two boxes of two tenants, side by side: neither finds anything of the other's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.adversary.attack import spec
from sandbox.adversary.case import CaseKind, CaseVerdict
from sandbox.adversary.neighbours import attack_neighbour, neighbours
from sandbox.adversary.probe_box import ProbeSite
from sandbox.hardening.profile import SCRATCH

from .weak import Config

NAMES = [case.name for case in neighbours("mark", 1)]


@pytest.fixture(scope="module")
def verdicts(attacking: Callable[..., Any]) -> dict[str, CaseVerdict]:
    async def attack(site: ProbeSite) -> dict[str, CaseVerdict]:
        found = [verdict async for verdict in attack_neighbour(site, spec(CaseKind.PROGRAM, site.image))]
        return {verdict.case.name: verdict for verdict in found}

    verdicts: dict[str, CaseVerdict] = attacking(attack)
    return verdicts


@pytest.mark.parametrize("name", ["leave traces", *NAMES, "be the same user"])
def test_a_box_finds_nothing_of_its_neighbour(verdicts: dict[str, CaseVerdict], name: str) -> None:
    assert verdicts[name].held, str(verdicts[name])


def test_boxes_that_share_what_they_must_not_are_found_out(attacking: Callable[..., Any], tmp_path: Path) -> None:
    async def attack(site: ProbeSite) -> list[CaseVerdict]:
        boxes = _sharing(str(tmp_path))
        return [verdict async for verdict in attack_neighbour(site, spec(CaseKind.PROGRAM, site.image), *boxes)]

    assert {verdict.case.name for verdict in attacking(attack) if not verdict.held} == {*NAMES, "be the same user"}


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

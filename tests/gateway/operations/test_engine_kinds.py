"""Which engine answers, and whether boxes can have their users there: by what engines say of themselves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.operations.engine_checks import check_engine
from gateway.operations.engine_kinds import EngineKind, UserRange, check_gvisor, check_kind, check_users, kind_of
from sandbox.hardening.runtimes import RUNSC_FLAGS

DOCKER = {"Components": [{"Name": "Engine"}, {"Name": "containerd"}, {"Name": "runc"}]}
PODMAN = {"Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]}
ROOTFUL = {"SecurityOptions": ["name=seccomp,profile=default"], "DockerRootDir": "/var/lib/docker"}
REMAPPED = {
    "SecurityOptions": ["name=seccomp,profile=default", "name=userns"],
    "DockerRootDir": "/var/lib/docker/100000.100000",
}
ROOTLESS = {
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
    "DockerRootDir": "/home/a/.local/share/docker",
}
BOXES = UserRange(100_000, 100_032)


@pytest.mark.parametrize(
    ("version", "info", "kind"),
    [
        (DOCKER, ROOTFUL, EngineKind.ROOTFUL),
        (DOCKER, REMAPPED, EngineKind.REMAPPED),
        (DOCKER, ROOTLESS, EngineKind.ROOTLESS),
        (PODMAN, ROOTFUL, EngineKind.PODMAN),
        ({}, {}, EngineKind.ROOTFUL),
    ],
)
def test_an_engine_is_known_by_what_it_says_of_itself(version: dict[str, Any], info: dict[str, Any], kind: EngineKind) -> None:
    assert kind_of(version, info) is kind


def test_each_kind_of_engine_that_makes_no_boxes_has_a_cure_of_its_own() -> None:
    rootless, podman = check_kind(DOCKER, ROOTLESS), check_kind(PODMAN, ROOTFUL)
    assert (rootless.ok, podman.ok) == (False, False)
    assert "userns-remap" in rootless.cure
    assert "seccomp" in podman.cure
    assert all(check_kind(DOCKER, info).ok for info in (ROOTFUL, REMAPPED))


@pytest.mark.parametrize(
    ("boxes", "given", "fits"),
    [
        (UserRange(100_000, 100_032), "", False),  # its first is the root of the boxes
        (UserRange(1_000, 1_032), "", False),
        (UserRange(100_001, 100_033), "", True),
        (UserRange(165_504, 165_536), "", True),
        (UserRange(165_505, 165_537), "", False),
        (UserRange(165_505, 165_537), "dockremap:100000:70000\n", True),
        (UserRange(101_000, 101_032), "ada:1000:5\ndockremap:100000:1000\n", False),
    ],
)
def test_boxes_have_users_of_the_namespace_behind_its_root(boxes: UserRange, given: str, fits: bool) -> None:
    found = check_users(REMAPPED, boxes, given)
    assert found.ok is fits
    assert "CALLGATE_FIRST_BOX_USER=101000" in found.cure


def test_users_that_are_given_to_a_person_are_looked_at_with_the_first_number_that_is_free() -> None:
    found = check_users(ROOTFUL, BOXES, "ada:100000:65536\nkim:165536:65536\n# a word\n")
    assert (found.ok, found.warns) == (True, True)
    assert "CALLGATE_FIRST_BOX_USER=231072" in found.cure
    assert "ada" in found.cure
    for given in ("", "ada:200000:65536\n", "ada:90000:10000\n"):
        assert not check_users(ROOTFUL, BOXES, given).warns


def test_gvisor_is_asked_for_its_flags_where_the_engine_has_it() -> None:
    assert list(check_gvisor({"Runtimes": {"runc": {}}})) == []
    (found,) = check_gvisor({"Runtimes": {"runsc": {"path": "/usr/bin/runsc"}}})
    assert not found.ok
    assert all(flag in found.cure for flag in RUNSC_FLAGS)
    flags = {"Runtimes": {"runsc": {"runtimeArgs": list(RUNSC_FLAGS)}}}
    (found,) = check_gvisor(flags)
    assert (found.ok, found.warns) == (True, False)
    (found,) = check_gvisor(REMAPPED | flags)
    assert (found.ok, found.warns) == (True, True)


async def test_of_podman_the_doctor_says_one_thing(run_dir: Path) -> None:
    """In the words of podman 4.3. Its release is none of Docker's, and what it lacks beside that is no matter."""
    version = {"Version": "4.3.1", **PODMAN}
    async with engine_that_says(run_dir / "podman.sock", {"/version": version, "/info": {"SecurityOptions": ["name=seccomp"]}}):
        (found,) = await check_engine(run_dir / "podman.sock")
    assert (found.ok, found.detail) == (False, EngineKind.PODMAN)


@asynccontextmanager
async def engine_that_says(path: Path, answers: dict[str, dict[str, Any]]) -> AsyncIterator[None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        body = json.dumps(answers[asked]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    yield
    server.close()

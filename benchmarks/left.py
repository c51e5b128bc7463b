"""What a gateway may have left on its host and in Vault, as the engine, the kernel and Vault themselves tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
from docker.errors import NotFound

from benchmarks.stack import DOCKER_SOCKET
from gateway.secrets.vault import Vault, VaultRefused
from sandbox.hardening.profile import RUN_DIR_LABEL

#: Vault's path of every token that was made for a call begins with this.
MINTED = "auth/token/create/callgate-"


@dataclass(frozen=True, slots=True)
class Left:
    boxes: int
    socket_dirs: int
    tokens: int
    mounts: int

    @property
    def nothing(self) -> bool:
        return self == Left(0, 0, 0, 0)


class Observer:
    """Observes by connections of its own, independent of the gateways."""

    def __init__(self, run_dir: Path, vault: Vault) -> None:
        self._run_dir = run_dir
        self._vault = vault
        self._engine = docker.APIClient(f"unix://{DOCKER_SOCKET}", timeout=60)

    def close(self) -> None:
        self._engine.close()

    async def left(self) -> Left:
        boxes = self._engine.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={self._run_dir}"})
        return Left(len(boxes), len(list(self._run_dir.glob("*"))), len(await self._tokens()), len(set(self._mounts())))

    async def _tokens(self) -> list[str]:
        """The accessors of the live tokens that were minted for calls, wrapping tokens included."""
        accessors = (await self._vault.request("GET", "auth/token/accessors?list=true"))["data"]["keys"]
        return [accessor for accessor in accessors if await self._was_minted(accessor)]

    async def _was_minted(self, accessor: str) -> bool:
        try:
            found = await self._vault.request("POST", "auth/token/lookup-accessor", {"accessor": accessor})
        except VaultRefused:
            return False  # it ended just now
        return str(found["data"]["path"]).startswith(MINTED)

    def _mounts(self) -> Iterator[str]:
        """Mounts of the run directory in any process's view, and file systems of containers that no longer exist."""
        yield from (line for line in _mount_lines() if str(self._run_dir) in line)
        before = self._file_systems()
        known = {self._root_of(entry["Id"]) for entry in self._engine.containers(all=True)}
        yield from (
            before & self._file_systems()
        ) - known  # other users of the engine may just have removed theirs: those are not left

    def _file_systems(self) -> set[str]:
        points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
        root = self._engine.info()["DockerRootDir"]
        return {point for point in points if point.startswith(f"{root}/") and point.endswith("/merged")}

    def _root_of(self, id: str) -> str:
        try:
            found: dict[str, Any] = self._engine.inspect_container(id)
        except NotFound:
            return ""
        return str(
            (found["GraphDriver"]["Data"] or {}).get("MergedDir", "")
        )  # the engine has no data for a container that it is removing


def _mount_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            yield from path.read_text().splitlines()
        except OSError:
            continue  # the process ended just now

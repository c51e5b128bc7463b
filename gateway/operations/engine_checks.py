"""The container engine, what a box is made of, and a box: is each there, and if not, what is the cure?"""

import asyncio
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from gateway.model.config import FIRST_BOX_USER
from gateway.operations.doctor import PartFinding, dotted, numbers
from gateway.operations.engine_kinds import SUBORDINATE_USERS, UserRange, check_gvisor, check_kind, check_users
from gateway.operations.health_checks import ask_engine
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import SandboxError
from sandbox.api.job import Egress
from sandbox.engine.docker_answers import trouble_of_connection
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.docker_images import DockerImages
from sandbox.engine.image_errors import NoSuchImage
from sandbox.engine.runner_image import ensure_runner_image, runner_image
from sandbox.pool.pool import DockerPool, PoolSettings

_OLDEST_ENGINE = (20, 10)

#: Seconds that a box may take to be made, with its image where that is missing.
_TRIAL = 30.0

#: The least that must be free on a disk: bytes, and files.
LEAST_ROOM, LEAST_FILES = 16 * 2**20, 1000


async def check_engine(socket: Path, first_user: int = FIRST_BOX_USER) -> list[PartFinding]:
    """`first_user`: where the users begin that a gateway gives to its boxes."""
    try:
        facts, host = await ask_engine(socket, "/version"), await ask_engine(socket, "/info")
    except OSError as error:
        return [_away("engine", socket, error)]
    if not isinstance(facts, dict) or not isinstance(host, dict):
        return [PartFinding("engine", False, f"{socket} is no container engine", EngineTrouble.FOREIGN.cure)]
    kind = check_kind(facts, host)
    if not kind.ok:
        return [kind]  # what it says beside that is about no Docker
    release = str(facts.get("Version"))
    fresh = numbers(release) >= _OLDEST_ENGINE
    groups = f"cgroup v{host.get('CgroupVersion', '1')}, driver {host.get('CgroupDriver')}"
    return [
        PartFinding("engine", fresh, f"Docker {release}, {groups}", f"Upgrade Docker to {dotted(_OLDEST_ENGINE)} or later."),
        PartFinding(
            "engine",
            bool(host.get("PidsLimit", True)),
            "limits the number of processes",
            "Enable the pids cgroup in the kernel.",
        ),
        kind,
        check_users(host, _users_from(first_user), _subordinate_users()),
        *check_gvisor(host),
        *_room_of_engine(host),
    ]


async def check_runner_image(socket: Path) -> PartFinding:
    """Present, or to be built with the next box."""
    try:
        name = runner_image().name
        present = await asyncio.to_thread(_has_image, socket, name)
    except SandboxError as error:
        return PartFinding("runner image", False, str(error), error.cure)
    return PartFinding("runner image", True, f"{name} {'is there' if present else 'is built for the next box'}")


async def check_box(socket: Path, run_dir: Path, first_user: int = FIRST_BOX_USER) -> PartFinding:
    """Make a box as a gateway does, and remove it. What stands in a gateway's way stands in this box's."""
    engine = DockerEngine(f"unix://{socket}")
    try:
        await _make_box(engine, run_dir, first_user)
    except SandboxError as error:
        return PartFinding("box", False, str(error), error.cure)
    finally:
        await engine.close()
    return PartFinding("box", True, "starts, and its runner answers")


def check_room(what: str, path: Path) -> PartFinding:
    """Whether the disk below the path has room. Of a path that is not there, the one that it will be on."""
    there = next((place for place in (path, *path.parents) if place.exists()), path)
    free, files = shutil.disk_usage(there).free, os.statvfs(there)
    enough = free >= LEAST_ROOM and (not files.f_files or files.f_favail >= LEAST_FILES)
    detail = f"{what}: {path} {'has' if there == path else 'is absent, and its disk has'} {free // 2**20} MiB free"
    if files.f_files:
        detail += f", and room for {files.f_favail} files"
    return PartFinding("disk", enough, detail, EngineTrouble.DISK_FULL.cure)


def _has_image(socket: Path, name: str) -> bool:
    try:
        DockerImages(socket).facts(name)
    except NoSuchImage:
        return False
    return True


def _users_from(first: int) -> UserRange:
    return UserRange(first, first + PoolSettings().max_boxes)


def _subordinate_users() -> str:
    """Empty where this host gives none away."""
    try:
        return SUBORDINATE_USERS.read_text()
    except OSError:
        return ""


def _room_of_engine(host: dict[str, Any]) -> list[PartFinding]:
    """Where the engine's directory is on this host, as it is where the gateway is no container."""
    root = Path(str(host.get("DockerRootDir") or "/nowhere"))
    return [check_room("images and boxes", root)] if root.is_dir() else []


def _away(part: str, socket: Path, error: OSError) -> PartFinding:
    return PartFinding(part, False, f"{socket}: {error.strerror or 'no answer in time'}", trouble_of_connection(error).cure)


async def _make_box(engine: DockerEngine, run_dir: Path, first_user: int) -> None:
    image = await ensure_runner_image(engine)
    settings = PoolSettings(size=1, max_boxes=1, first_uid=first_user)
    pool = DockerPool(engine, image.name, run_dir, f"doctor-{secrets.token_hex(4)}", settings)
    async with pool, pool.lease(Egress(), wait=_TRIAL):
        pass

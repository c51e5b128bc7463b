"""Which engine answers, and which users of this host its boxes can be: docs/engines.md has what was tried with each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.operations.doctor import PartFinding
from sandbox.engine.engine_users import first_user_of, is_remapped
from sandbox.hardening.runtimes import RUNSC, RUNSC_FLAGS

#: The ranges of users that are given away on this host, to engines with user namespaces and to people's own containers.
SUBORDINATE_USERS = Path("/etc/subuid")

#: How far behind the root of its boxes an engine's users are taken from: the image's own users have the first numbers.
_BEHIND = 1_000


class EngineKind(StrEnum):
    """By what it says of itself."""

    ROOTFUL = "Docker, run by root"
    REMAPPED = "Docker, run by root, with user namespaces (userns-remap)"
    ROOTLESS = "Docker without root (rootless)"
    PODMAN = "podman"


#: Why the gateway makes no boxes on it.
_CURES = {
    EngineKind.ROOTLESS: (
        "Run Docker as root: a rootless one has no users of the host's to give to boxes. To keep containers' root apart from "
        "the host's, run it with userns-remap (docs/engines.md)."
    ),
    EngineKind.PODMAN: (
        "Run Docker, and let CALLGATE_DOCKER_SOCKET name its socket: podman takes the boxes' seccomp filter for the name of a "
        "file, so it makes none."
    ),
}


@dataclass(frozen=True, slots=True)
class UserRange:
    """Users of this host from `begin` to before `end`, and whose they are."""

    begin: int
    end: int
    owner: str = ""

    def overlaps(self, other: "UserRange") -> bool:
        return self.begin < other.end and other.begin < self.end

    def __str__(self) -> str:
        return f"{self.begin} to {self.end - 1}"


def kind_of(version: Mapping[str, Any], info: Mapping[str, Any]) -> EngineKind:
    """From the Engine API's answers of these names."""
    parts = [str(part.get("Name", "")).lower() for part in version.get("Components") or ()]
    if any("podman" in part for part in parts):
        return EngineKind.PODMAN
    if any("name=rootless" in option.split(",") for option in info.get("SecurityOptions") or ()):
        return EngineKind.ROOTLESS
    return EngineKind.REMAPPED if is_remapped(info) else EngineKind.ROOTFUL


def check_kind(version: Mapping[str, Any], info: Mapping[str, Any]) -> PartFinding:
    kind = kind_of(version, info)
    return PartFinding("engine", kind not in _CURES, kind, _CURES.get(kind, ""))


def check_gvisor(info: Mapping[str, Any]) -> Iterator[PartFinding]:
    """Nothing where the engine does not have it: the tools that ask for it are then refused by name."""
    runsc = (info.get("Runtimes") or {}).get(RUNSC)
    if runsc is None:
        return
    if is_remapped(info):
        cure = (
            "Let tools that ask for it be called on a host whose engine has no userns-remap: it starts no box in a namespace."
        )
        yield PartFinding("gvisor", True, f"the runtime {RUNSC} is known, beside userns-remap", cure, warns=True)
        return
    missing = [flag for flag in RUNSC_FLAGS if flag not in (runsc.get("runtimeArgs") or ())]
    cure = f"Give the runtime {RUNSC} of the engine's daemon.json the runtimeArgs {', '.join(RUNSC_FLAGS)}, and restart Docker."
    lacks = f"lacks {', '.join(missing)}" if missing else "has its flags"
    yield PartFinding("gvisor", not missing, f"the runtime {RUNSC} {lacks}", cure)


def check_users(info: Mapping[str, Any], boxes: UserRange, given: str) -> PartFinding:
    """`boxes`: the users that a gateway's boxes run as. `given` is the text of SUBORDINATE_USERS."""
    ranges = list(_ranges(given))
    detail = f"boxes run as the users {boxes} of this host"
    if is_remapped(info):
        return _in_namespace(detail, boxes, first_user_of(info), ranges)
    taken = next((one for one in ranges if one.overlaps(boxes)), None)
    if taken is None:
        return PartFinding("users", True, detail)
    free = max(one.end for one in ranges)
    cure = (
        f"Set CALLGATE_FIRST_BOX_USER={free}, and restart the gateways: containers of {taken.owner} can run as the same users."
    )
    return PartFinding("users", True, f"{detail}; {SUBORDINATE_USERS} gives {taken} to {taken.owner}", cure, warns=True)


def _in_namespace(detail: str, boxes: UserRange, root: int, ranges: list[UserRange]) -> PartFinding:
    """The engine says where its range begins; how long it is, the file says, if it is this host's."""
    own = next((one for one in ranges if one.begin == root), UserRange(root, root + 2**16))
    fits = root < boxes.begin and boxes.end <= own.end
    cure = f"Set CALLGATE_FIRST_BOX_USER={root + _BEHIND}, and restart the gateways."
    return PartFinding("users", fits, f"{detail}; the engine's are {own}", cure)


def _ranges(given: str) -> Iterator[UserRange]:
    for line in given.splitlines():
        owner, _, numbers = line.partition(":")
        begin, _, count = numbers.partition(":")
        if begin.isdecimal() and count.isdecimal():
            yield UserRange(int(begin), int(begin) + int(count), owner)

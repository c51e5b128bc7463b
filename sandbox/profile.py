"""What a box is denied, as one flat list, and what little it gets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.spec import BoxSpec

GATEWAY_LABEL = "callgate.gateway"
BOX_LABEL = "callgate.box"
RUN_DIR_LABEL = "callgate.run_dir"

GATE = "/gate"
"""Where a box finds its two sockets."""

TOOLS = "/callgate"
"""Where a box of a tool author's image finds the runner, and beside it the authorities that may vouch for an upstream."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One box to be made: whose it is, of what, as whom it runs, and where on the host its sockets and the runner are."""

    name: str
    gateway: str
    image: str
    spec: BoxSpec
    uid: int
    directory: Path
    run_dir: Path
    tools: Path


def container(profile: Profile) -> dict[str, Any]:
    """The box in the Engine API's words, whole in the one create call: there is no moment at which it is less confined."""
    spec, limits = profile.spec, profile.spec.limits
    host = {
        "NetworkMode": "none",  # no interface but loopback, no route, no resolver: the broker is the only way out
        "ReadonlyRootfs": True,  # nothing can be left behind, nor filled up
        "CapDrop": ["ALL"],  # root's powers, of which the runner needs none
        "SecurityOpt": ["no-new-privileges:true"],  # a set-user-id file gives nothing; the engine's own seccomp list stays on
        "Memory": limits.memory,
        "MemorySwap": limits.memory,  # the same figure: no swap, so no secret on a disk
        "PidsLimit": limits.processes,  # a fork bomb ends here
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": [
            _ulimit("nofile", limits.open_files),
            _ulimit("core", 0),  # a crash leaves no image of the memory
            _ulimit("fsize", 0),  # there is no file to write
        ],
        "IpcMode": "none",  # no shared memory, which would be writable
        "LogConfig": {"Type": "none"},  # output goes nowhere: it fills no disk and holds no secret
        "OomScoreAdj": 1000,  # where the host is short of memory, boxes go first
        "RestartPolicy": {"Name": "no"},  # used once
        "AutoRemove": False,  # we remove, so that we know when it is gone
        "Privileged": False,
        "Devices": [],
        "Runtime": spec.runtime,  # an engine that does not know it refuses
        "Mounts": [_mount(profile.directory, GATE), *([_mount(profile.tools, TOOLS)] if spec.runner_mounted else [])],
    }
    return {
        "Image": profile.image,
        **(_entry(spec) if spec.runner_mounted else {}),
        "User": f"{profile.uid}:{profile.uid}",  # its own, so that no box can signal, trace or connect to what is another's
        "Hostname": "box",  # the same in all: it tells nothing
        "NetworkDisabled": True,  # the engine then skips its network library, which halves the time to make a box
        "Labels": {
            GATEWAY_LABEL: profile.gateway,
            BOX_LABEL: profile.name,
            RUN_DIR_LABEL: str(profile.run_dir),
        },
        "HostConfig": host,
    }


def _ulimit(name: str, value: int) -> dict[str, object]:
    return {"Name": name, "Soft": value, "Hard": value}


def _entry(spec: BoxSpec) -> dict[str, object]:
    """Whatever the image says of how it starts, the runner is process 1, and the image's health checks are not run."""
    return {
        "Entrypoint": [f"{TOOLS}/callgate-runner"],
        "Cmd": list(spec.command),
        "WorkingDir": "/",
        "Healthcheck": {"Test": ["NONE"]},
    }


def _mount(directory: Path, target: str) -> dict[str, object]:
    """A directory of the host's in a box. It can connect to sockets in there; it can add, replace and remove nothing."""
    return {
        "Type": "bind",
        "Source": str(directory),
        "Target": target,
        "ReadOnly": True,
        "BindOptions": {"Propagation": "rprivate"},
    }

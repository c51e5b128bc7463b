"""What a box is denied, as one flat list, and what little it gets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.api.spec import BoxSpec
from sandbox.hardening.runtimes import KERNEL_MEMORY, KERNEL_PROCESSES, OWN_KERNEL
from sandbox.hardening.seccomp import Guest, seccomp

GATEWAY_LABEL = "callgate.gateway"
BOX_LABEL = "callgate.box"
RUN_DIR_LABEL = "callgate.run_dir"

GATE = "/gate"
"""Where a box finds its two sockets."""

TOOLS = "/callgate"
"""Where a box of a tool author's image finds the runner, and beside it the authorities that may vouch for an upstream."""

SCRATCH = "/tmp"  # noqa: S108 - in a box nobody else is there to put a file in its place
"""Where a box that has scratch memory finds it."""

_BYTES_PER_FILE = 4096

MASKED = """
    /proc/acpi /proc/asound /proc/cmdline /proc/config.gz /proc/diskstats /proc/interrupts /proc/iomem /proc/ioports
    /proc/kallsyms /proc/kcore /proc/keys /proc/key-users /proc/latency_stats /proc/locks /proc/modules /proc/partitions
    /proc/sched_debug /proc/schedstat /proc/scsi /proc/softirqs /proc/swaps /proc/timer_list /proc/timer_stats /proc/vmallocinfo
    /sys/devices/virtual/dmi /sys/devices/virtual/powercap /sys/firmware /sys/kernel/vmcoreinfo
"""
"""Empty in a box. The engine's own list, and what it leaves: the host's command line, symbols, disks, interrupts, energy."""

READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"
"""The engine's own list: naming one of the two lists replaces both."""


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
    kernel = spec.runtime in OWN_KERNEL  # it needs its own share beside the box's
    host = {
        "NetworkMode": "none",  # no interface but loopback, no route, no resolver: the broker is the only way out
        "ReadonlyRootfs": True,  # nothing can be left behind, nor filled up
        "CapDrop": ["ALL"],  # root's powers, of which the runner needs none
        "SecurityOpt": [
            "no-new-privileges:true",  # a set-user-id file gives nothing
            f"seccomp={seccomp(_guest(spec))}",  # our own list of the kernel's calls: engines' lists differ with their age
        ],
        "Memory": limits.memory + kernel * KERNEL_MEMORY,
        "MemorySwap": limits.memory + kernel * KERNEL_MEMORY,  # the same figure: no swap, so no secret on a disk
        "PidsLimit": limits.processes + kernel * KERNEL_PROCESSES,  # a fork bomb ends here
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": [
            _ulimit("nofile", limits.open_files),
            _ulimit("core", 0),  # a crash leaves no image of the memory
            _ulimit("fsize", limits.scratch),  # the longest file: none where there is nowhere to write one
        ],
        "Tmpfs": _scratch(limits.scratch, profile.uid),  # the one place to write: in memory, bounded, and nothing in it can run
        "MaskedPaths": MASKED.split(),  # what tells of the host and of its other guests
        "ReadonlyPaths": READ_ONLY.split(),  # the kernel's switches
        "CgroupnsMode": "private",  # its own cgroup is the root of what it sees: the engine's names stay outside
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
        **(_entry() if spec.runner_mounted else {}),
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


def _guest(spec: BoxSpec) -> Guest:
    return Guest.PROGRAM if spec.runner_mounted else Guest.RUNNER


def _scratch(size: int, uid: int) -> dict[str, str]:
    if not size:
        return {}
    files = max(size // _BYTES_PER_FILE, 16)  # each takes memory of the kernel's, which no size bounds
    return {SCRATCH: f"rw,noexec,nosuid,nodev,size={size},nr_inodes={files},mode=0700,uid={uid},gid={uid}"}


def _ulimit(name: str, value: int) -> dict[str, object]:
    return {"Name": name, "Soft": value, "Hard": value}


def _entry() -> dict[str, object]:
    """Whatever the image says of how it starts, the runner is process 1, and the image's health checks are not run.

    Its working directory stays: a program finds there what its author has put there.
    """
    return {
        "Entrypoint": [f"{TOOLS}/callgate-runner"],
        "Cmd": [],
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

"""What a box is denied and granted, as one flat list: the configuration of its container."""

from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

from sandbox.api.spec import BoxSpec
from sandbox.hardening.etc_files import HOST, etc_directory, etc_targets
from sandbox.hardening.runtimes import KERNEL_MEMORY, KERNEL_PROCESSES, OWN_KERNEL
from sandbox.hardening.seccomp import Guest, seccomp

GATEWAY_LABEL = "callgate.gateway"
BOX_LABEL = "callgate.box"
RUN_DIR_LABEL = "callgate.run_dir"
HOST_LABEL = "callgate.host"

#: Where a box finds its two sockets.
GATE = "/gate"

#: Where a box of a tool author's image finds the runner and the certificate authorities that upstreams are checked with.
TOOLS = "/callgate"

#: Where a box that has scratch memory finds it.
SCRATCH = "/tmp"  # noqa: S108 - in a box there is no other user, who could put a file in its place

#: Where the program in a box that has scratch memory finds as much again, for semaphores and what its processes share: the C
#: library makes them there and nowhere else.
SHARED = "/dev/shm"  # noqa: S108 - as of SCRATCH

_BYTES_PER_FILE = 4096

#: Empty in a box: the engine's own list, and what that leaves out, namely the host's command line, symbols, disks, interrupts
#: and energy; what tells one machine from another, and how busy it is, by which two boxes could find out that they are
#: neighbours; and the directory of message queues, which every engine mounts to be written by all.
MASKED = """
    /proc/acpi /proc/asound /proc/cmdline /proc/config.gz /proc/diskstats /proc/interrupts /proc/iomem /proc/ioports
    /proc/kallsyms /proc/kcore /proc/keys /proc/key-users /proc/latency_stats /proc/locks /proc/modules /proc/partitions
    /proc/sched_debug /proc/schedstat /proc/scsi /proc/softirqs /proc/swaps /proc/timer_list /proc/timer_stats /proc/vmallocinfo
    /sys/devices/virtual/dmi /sys/devices/virtual/powercap /sys/firmware /sys/kernel/vmcoreinfo
    /proc/sys/kernel/random/boot_id /proc/loadavg /proc/pressure /proc/buddyinfo /proc/pagetypeinfo /proc/vmstat /proc/zoneinfo
    /dev/mqueue
"""

#: Also empty in a runner's box. An author's program may count processors there, or read when the machine was started.
MASKED_FROM_RUNNERS = "/proc/stat /proc/uptime"

#: The engine's own list, repeated because a configuration that names one of the two lists replaces both.
READ_ONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"


@dataclass(frozen=True, slots=True)
class Profile:
    """One box to be made: its gateway and host, its image, its user, and where its sockets and the runner are."""

    name: str
    gateway: str
    image: str
    spec: BoxSpec
    uid: int
    _: KW_ONLY
    directory: Path
    run_dir: Path
    tools: Path
    host: str = ""


def container(profile: Profile) -> dict[str, Any]:
    """The box in the Engine API's words. One create call has all of it, so the box is at no moment less confined."""
    spec, limits = profile.spec, profile.spec.limits
    kernel = spec.runtime in OWN_KERNEL  # which needs memory and threads beside the box's
    host = {
        "NetworkMode": "none",  # no interface but loopback, no route, no resolver: the broker is the only way out
        "ReadonlyRootfs": True,  # nothing can be left behind, nor filled up
        "CapDrop": ["ALL"],  # root's powers, of which the runner needs none
        "SecurityOpt": [
            "no-new-privileges:true",  # a set-user-id file gives nothing
            f"seccomp={seccomp(_guest(spec))}",  # our own list of kernel calls: engines' lists differ with their age
        ],
        "Memory": limits.memory + kernel * KERNEL_MEMORY,
        "MemorySwap": limits.memory + kernel * KERNEL_MEMORY,  # the same amount: no swap, so no secret on a disk
        "PidsLimit": limits.processes + kernel * KERNEL_PROCESSES,  # a fork bomb ends here
        "NanoCpus": int(limits.cpus * 1e9),
        "Ulimits": [
            _ulimit("nofile", limits.open_files),
            _ulimit("core", 0),  # a crash leaves no image of the memory
            _ulimit("fsize", limits.scratch),  # the longest file: none where there is nowhere to write one
        ],
        "Tmpfs": _scratch(spec, profile.uid),  # the places to write: in memory, bounded, and no file in them can run
        "MaskedPaths": _masked(spec),  # what would tell of the host and of its other containers
        "ReadonlyPaths": READ_ONLY.split(),  # the kernel's switches
        "CgroupnsMode": "private",  # the box sees its own cgroup as the root, and none of the engine's names
        "IpcMode": "none",  # no shared memory of the engine's making, which would be larger than what the box may write
        "LogConfig": {"Type": "none"},  # output goes nowhere: it fills no disk and holds no secret
        "OomScoreAdj": 1000,  # where the host is short of memory, boxes go first
        "RestartPolicy": {"Name": "no"},  # used once
        "AutoRemove": False,  # the gateway removes it, so that the gateway knows when it is gone
        "Privileged": False,
        "Devices": [],
        "Runtime": spec.runtime,  # an engine that does not know the runtime refuses
        "Mounts": [_mount(profile.directory, GATE), *(_tools(profile) if spec.runner_mounted else [])],
    }
    return {
        "Image": profile.image,
        **(_entry() if spec.runner_mounted else {}),
        "User": f"{profile.uid}:{profile.uid}",  # its own, so that no box can signal, trace or connect to another
        "Hostname": HOST,  # the same in all boxes: it tells nothing
        "NetworkDisabled": True,  # the engine then skips its network library, which halves the time to make a box
        "Labels": {
            GATEWAY_LABEL: profile.gateway,
            BOX_LABEL: profile.name,
            RUN_DIR_LABEL: str(profile.run_dir),
            HOST_LABEL: profile.host,
        },
        "HostConfig": host,
    }


def _guest(spec: BoxSpec) -> Guest:
    return Guest.PROGRAM if spec.runner_mounted else Guest.RUNNER


def _masked(spec: BoxSpec) -> list[str]:
    return MASKED.split() + ([] if spec.runner_mounted else MASKED_FROM_RUNNERS.split())


def _scratch(spec: BoxSpec, uid: int) -> dict[str, str]:
    size = spec.limits.scratch
    if not size:
        return {}
    files = max(size // _BYTES_PER_FILE, 16)  # each takes kernel memory, which `size` does not bound
    options = f"rw,noexec,nosuid,nodev,size={size},nr_inodes={files},mode=0700,uid={uid},gid={uid}"
    return dict.fromkeys((SCRATCH, SHARED) if spec.runner_mounted else (SCRATCH,), options)


def _ulimit(name: str, value: int) -> dict[str, object]:
    return {"Name": name, "Soft": value, "Hard": value}


def _entry() -> dict[str, object]:
    """Whatever entry point the image declares, the runner is process 1, and the image's health checks do not run.

    The image's working directory stays: a program finds there the files that its author has put there.
    """
    return {
        "Entrypoint": [f"{TOOLS}/callgate-runner"],
        "Cmd": [],
        "Healthcheck": {"Test": ["NONE"]},
    }


def _tools(profile: Profile) -> list[dict[str, object]]:
    etc, targets = etc_directory(profile.tools), etc_targets(profile.uid)
    return [_mount(profile.tools, TOOLS), *(_mount(etc / name, target) for name, target in targets.items())]


def _mount(source: Path, target: str) -> dict[str, object]:
    """Mount a host directory into the box, which can connect to sockets in it, but cannot add, replace or remove files; or a
    file, which the box can read."""
    return {
        "Type": "bind",
        "Source": str(source),
        "Target": target,
        "ReadOnly": True,
        "BindOptions": {"Propagation": "rprivate"},
    }

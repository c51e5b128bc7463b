"""Attacks by files: the kernel's files, devices, the image, and the sockets to the gateway."""

from collections.abc import Iterator

from sandbox.adversary.case import Case, CaseKind, words
from sandbox.hardening.profile import GATE, SCRATCH, SHARED, TOOLS

_PROGRAM, _RUNNER = frozenset({CaseKind.PROGRAM}), frozenset({CaseKind.RUNNER})
_DENIED = words("EPERM EACCES EROFS ENOENT")
_HIDDEN = words("EPERM EACCES ENOENT empty")
#: gVisor's devices are its own: the number of a host's disk stands for no device there.
_ITS_OWN = words("done")
_FIXED = words("EROFS")

_WRITES = """
    /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hostname
    /proc/sys/vm/drop_caches /proc/sys/kernel/panic /proc/sys/vm/overcommit_memory /proc/sys/fs/suid_dumpable
    /proc/irq/default_smp_affinity /sys/kernel/mm/transparent_hugepage/enabled /sys/power/state
    /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/pids/pids.max
    /sys/fs/cgroup/memory.max /sys/fs/cgroup/cgroup.procs
"""
_READS = """
    /proc/kcore /proc/keys /proc/kmsg /proc/timer_list /proc/sched_debug /proc/slabinfo /proc/vmallocinfo /proc/cmdline
    /proc/config.gz /proc/kallsyms /proc/modules /proc/partitions /proc/diskstats /proc/swaps /proc/locks /proc/interrupts
    /proc/iomem /sys/kernel/vmcoreinfo /proc/sys/kernel/random/boot_id /proc/loadavg /proc/pressure/cpu /proc/buddyinfo
    /proc/vmstat /proc/zoneinfo
"""
#: What an author's program may read, and a runner has no use for.
_READS_OF_RUNNERS = "/proc/stat /proc/uptime"
_LISTS = "/sys/firmware /sys/kernel/debug /sys/kernel/tracing /proc/acpi /proc/scsi /proc/pressure /run"
DEVICES = """
    mem kmem kmsg port sda vda loop-control loop0 fuse net/tun kvm vsock vhost-net vhost-vsock userfaultfd hpet nvram rtc0
    uinput mapper/control btrfs-control cuse autofs
"""


def places() -> Iterator[Case]:
    for path in _WRITES.split():
        yield Case("kernel's files", f"open {path} to write", ("opens", "w", path), _DENIED | words("ETXTBSY"))
    for path in _READS.split():
        yield Case("kernel's files", f"read {path}", ("reads", path), _HIDDEN, own_kernel=words("done"))
    for path in _READS_OF_RUNNERS.split():
        yield Case("kernel's files", f"read {path}", ("reads", path), _HIDDEN, _RUNNER, own_kernel=words("done"))
    for path in _LISTS.split():
        yield Case("kernel's files", f"list {path}", ("lists", path), _HIDDEN, own_kernel=words("done"))
    for name in DEVICES.split():
        yield Case("device", f"open /dev/{name}", ("opens", "rw", f"/dev/{name}"), words("ENOENT"), own_kernel=words("done"))
    yield from _files()
    yield from _gate()


def _files() -> Iterator[Case]:
    yield Case("files", "every place that can be written", ("writable", SCRATCH, GATE), words("none"))
    for path in ("/probe", "/etc/probe", "/dev/probe", "/dev/mqueue/probe"):
        yield Case("files", f"make {path}", ("creates", path), _DENIED)
    yield Case("files", f"make {SHARED}/probe", ("creates", f"{SHARED}/probe"), _DENIED, _RUNNER)
    for path in ("/etc/hosts", "/etc/passwd", "/etc/group"):
        yield Case("files", f"open {path} to write", ("opens", "w", path), _DENIED, _PROGRAM)
    yield Case("files", "make a file beside the runner", ("creates", f"{TOOLS}/probe"), _DENIED, _PROGRAM)
    for place in (SCRATCH, SHARED):
        yield from _devices(place)
    yield Case("files", "run a file that it wrote", ("runs", f"{SCRATCH}/program"), words("EACCES"), _PROGRAM)


def _devices(place: str) -> Iterator[Case]:
    disk, memory = ("mknods", f"{place}/disk", "0o60600", "8", "0"), ("mknods", f"{place}/mem", "0o20600", "1", "1")
    yield Case("files", f"make a device in {place}", disk, _DENIED, _PROGRAM, own_kernel=_ITS_OWN)
    yield Case("files", f"make the host's memory a device in {place}", memory, _DENIED, _PROGRAM, own_kernel=_ITS_OWN)


def _gate() -> Iterator[Case]:
    yield Case("sockets", "connect to the engine", ("connects", "unix", "/run/docker.sock"), words("ENOENT"))
    yield Case("sockets", "put a link beside the sockets", ("symlinks", "/proc/1/root", "/gate/link"), _FIXED)
    yield Case("sockets", "put a socket of its own beside them", ("binds", "unix", "/gate/own.sock"), _FIXED)
    yield Case("sockets", "replace one socket by the other", ("renames", "/gate/egress.sock", "/gate/io.sock"), _FIXED)
    yield Case("sockets", "remove a socket", ("removes", "/gate/egress.sock"), _FIXED)
    yield Case("sockets", "open a socket to all users", ("chmods", "/gate/io.sock"), _FIXED)
    yield Case("sockets", "open their directory to all users", ("chmods", "/gate"), _FIXED)

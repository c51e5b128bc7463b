"""Bounds that the kernel holds a process to: it has nothing left that an attacker in it could use."""

import os
import resource
import signal
from contextlib import suppress

UNPRIVILEGED_USER = 65_534
#: The gateway's own work comes first: strangers' bytes are read with what is left of a processor that both want.
NICE = 5
STANDARD_STREAMS = 3


def enter_bounds(memory_bytes: int, *, nice: int = NICE) -> None:
    """Bound this process for the rest of its life.

    Memory is address space; `nice` is its nice value, whatever the gateway's is. With no file descriptor left, `open` and
    `socket` fail in every library.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if os.geteuid() == 0:
        with suppress(PermissionError):  # in a container whose root may not change its user; the other limits hold there, too
            os.setgroups([])
            os.setgid(UNPRIVILEGED_USER)
            os.setuid(UNPRIVILEGED_USER)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, STANDARD_STREAMS)


def _limit(what: int, bound: int) -> None:
    resource.setrlimit(what, (bound, bound))


def work_at_most(cpu_seconds: float) -> None:
    """Let the kernel end this process when it has worked for so long from now on. Zero: no more bound.

    Work is counted by ITIMER_PROF (setitimer(2)), to the millisecond; its signal ends a process that does not catch it.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)

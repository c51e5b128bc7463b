"""Which kernel calls a box may make: a filter of our own, because engines' default lists differ with their age.

Docker before version 25 permits io_uring, and permits more of sockets, namespaces and tracing than a tool needs. The filter is
data in the engine's own format; the engine compiles it for the processor that it runs on.
"""

import json
import socket
from collections.abc import Iterator
from enum import StrEnum
from errno import ENOSYS
from functools import cache
from typing import Any

from sandbox.hardening.syscalls import ABSENT, PLAIN, PROGRAMS_OWN

Rule = dict[str, Any]


class Guest(StrEnum):
    """What runs in a box, and so which sockets it needs. No box has an interface but loopback: refusing the other families
    keeps a box away from the kernel's code behind them."""

    RUNNER = "runner"  # connects to two socket files, and to nothing else
    PROGRAM = "program"  # runs an author's program too, which reaches the runner's proxy at 127.0.0.1


#: Every CLONE_NEW* flag that `clone` knows (linux/sched.h): NS, CGROUP, UTS, IPC, USER, PID, NET.
_NEW_NAMESPACES = 0x7E020000

_READ_PERSONALITY = 0xFFFFFFFF

#: The action for a call that no rule names.
_OTHERWISE = {
    Guest.RUNNER: "SCMP_ACT_ERRNO",  # EPERM
    # "Ask the tracer." No tracer exists, and none can: the kernel refuses with ENOSYS. But unlike an error that is fixed here,
    # this yields to a filter that the runner puts on the program, which returns EPERM and reports the call (runner/guard.go).
    Guest.PROGRAM: "SCMP_ACT_TRACE",
}


@cache
def seccomp(guest: Guest) -> str:
    """The filter in the engine's format: JSON, the same text for the same guest."""
    return json.dumps({"defaultAction": _OTHERWISE[guest], "archMap": _PROCESSORS, "syscalls": [*_rules(guest)]})


_PROCESSORS = [
    # Each without its 32-bit variants, whose calls have other numbers: a program that makes such a call is ended with SIGSYS.
    {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
    {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
]


def _rules(guest: Guest) -> Iterator[Rule]:
    yield _allow(" ".join(PLAIN.values()))
    if guest is Guest.RUNNER:
        yield _refuse(" ".join(ABSENT.values()), ENOSYS)
    yield _allow("clone", _no_bits(0, _NEW_NAMESPACES))  # threads and processes, but none with namespaces of its own
    yield _allow("personality", _equal(0, 0))
    yield _allow("personality", _equal(0, _READ_PERSONALITY))
    yield from (_allow(call, _equal(0, socket.AF_UNIX)) for call in ("socket", "socketpair"))
    if guest is Guest.PROGRAM:
        yield _allow(PROGRAMS_OWN)
        yield from _internet()


def _internet() -> Iterator[Rule]:
    """TCP and UDP, by name or by default. Not MPTCP, SCTP or DCCP: programs rarely use their code, and attackers do."""
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol in (0, socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            yield _allow("socket", _equal(0, family), _equal(2, protocol))


def _allow(names: str, *conditions: Rule) -> Rule:
    return {"names": names.split(), "action": "SCMP_ACT_ALLOW", "args": [*conditions]}


def _refuse(names: str, errno: int) -> Rule:
    return {"names": names.split(), "action": "SCMP_ACT_ERRNO", "errnoRet": errno}


def _equal(argument: int, value: int) -> Rule:
    return {"index": argument, "value": value, "op": "SCMP_CMP_EQ"}


def _no_bits(argument: int, mask: int) -> Rule:
    return {"index": argument, "value": mask, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}

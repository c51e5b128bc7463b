"""Which calls of the kernel a box may make: a filter of our own, for engines' default lists differ with their age.

Docker before version 25 lets io_uring through, and what it lets through of sockets, namespaces and tracing is more than a tool
needs. The filter is data, in the engine's own format; the engine compiles it for the processor it runs on.
"""

import json
import socket
from collections.abc import Iterator
from enum import StrEnum
from errno import ENOSYS
from functools import cache
from typing import Any

from sandbox.hardening.syscalls import ABSENT, PLAIN

Rule = dict[str, Any]


class Guest(StrEnum):
    """What runs in a box, and so which sockets it needs. No box has an interface but loopback: what is withheld is the kernel's
    code behind the other families."""

    RUNNER = "runner"  # it speaks to two socket files, and to nothing else
    PROGRAM = "program"  # an author's program too, which reaches the runner's proxy at 127.0.0.1


_NEW_NAMESPACES = 0x7E020000
"""Every CLONE_NEW* flag that `clone` knows (linux/sched.h): NS, CGROUP, UTS, IPC, USER, PID, NET."""

_READ_PERSONALITY = 0xFFFFFFFF


_OTHERWISE = {
    Guest.RUNNER: "SCMP_ACT_ERRNO",  # EPERM
    # "Ask who traces it." Nobody does, and nobody can: the kernel refuses with ENOSYS. But unlike an error that is fixed here,
    # it yields to a filter that the runner puts on the program, which gives the right error and tells of it (runner/guard.go).
    Guest.PROGRAM: "SCMP_ACT_TRACE",
}
"""What a call gets that no rule names."""


@cache
def seccomp(guest: Guest) -> str:
    """The filter as the engine takes it: JSON, the same for the same argument."""
    return json.dumps({"defaultAction": _OTHERWISE[guest], "archMap": _PROCESSORS, "syscalls": [*_rules(guest)]})


_PROCESSORS = [
    # Each without its 32-bit ancestors, whose calls have other numbers: a program that makes one is ended with SIGSYS.
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
        yield from _internet()


def _internet() -> Iterator[Rule]:
    """TCP and UDP, by name or by default. Not MPTCP, SCTP or DCCP, whose code programs rarely use and attackers do."""
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

"""The filter of kernel calls, as data. What it does in a live box is tested in `tests/security`."""

import json
import socket
from collections import Counter
from typing import Any

import pytest

from sandbox.hardening.seccomp import Guest, seccomp
from sandbox.hardening.syscalls import ABSENT, PLAIN

DANGEROUS = """
    acct add_key bpf chroot clock_settime clone3 delete_module finit_module fsopen init_module io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kcmp kexec_load keyctl mount mount_setattr move_mount open_by_handle_at open_tree perf_event_open
    pidfd_getfd pivot_root process_vm_readv process_vm_writev ptrace quotactl reboot request_key setns settimeofday socketcall
    swapon syslog umount2 unshare userfaultfd
"""


def rules(guest: Guest) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(seccomp(guest))["syscalls"]
    return listed


def allowed(guest: Guest) -> set[str]:
    return {name for rule in rules(guest) if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]}


def families(guest: Guest) -> set[int]:
    found = [rule["args"] for rule in rules(guest) if "socket" in rule["names"]]
    assert all(args[0]["index"] == 0 and args[0]["op"] == "SCMP_CMP_EQ" for args in found)
    return {args[0]["value"] for args in found}


@pytest.mark.parametrize("guest", Guest)
@pytest.mark.parametrize("name", DANGEROUS.split())
def test_no_box_may_make_a_dangerous_call(guest: Guest, name: str) -> None:
    assert name not in allowed(guest)


def test_what_is_not_listed_is_refused_with_an_error_and_never_with_a_kill() -> None:
    """A call that a tracer would be asked about gets ENOSYS where there is none."""
    assert json.loads(seccomp(Guest.RUNNER))["defaultAction"] == "SCMP_ACT_ERRNO"
    assert json.loads(seccomp(Guest.PROGRAM))["defaultAction"] == "SCMP_ACT_TRACE"
    actions = {rule["action"] for guest in Guest for rule in rules(guest)}
    assert actions == {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"}


def test_a_box_makes_the_sockets_it_needs_and_no_others() -> None:
    assert families(Guest.RUNNER) == {socket.AF_UNIX}
    assert families(Guest.PROGRAM) == {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}


def test_no_call_is_both_allowed_and_refused() -> None:
    names = Counter(" ".join([*PLAIN.values(), *ABSENT.values()]).split())
    assert [name for name, count in names.items() if count > 1] == []


def test_no_32_bit_processor_is_let_in() -> None:
    """Its calls have other numbers, and one of them, `socketcall`, hides its arguments from any filter."""
    processors = json.loads(seccomp(Guest.RUNNER))["archMap"]
    assert [entry["subArchitectures"] for entry in processors] == [[], []]

"""Attacks on the kernel by its calls. One that succeeded would do no harm: its arguments are wrong, or change nothing."""

from collections.abc import Iterator

from sandbox.adversary.case import Case, CaseKind, words

#: In the kernel's order, numbered from 0 (linux/capability.h).
CAPABILITIES = """
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast
    net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice
    sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm
    block_suspend audit_read perfmon bpf checkpoint_restore
"""

_NAMESPACES = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "network": 0x40000000,
    "process": 0x20000000,
    "ipc": 0x08000000,
    "host name": 0x04000000,
    "cgroup": 0x02000000,
}

#: Calls that get EPERM, separated by bars or line ends.
_REFUSED = {
    "mounts": """
        mount none /gate nosuchfs 0 0 | umount2 /nowhere 0 | pivot_root /nowhere /nowhere | chroot / | open_tree -100 / 1
        move_mount -1 /nowhere -1 /nowhere 0 | fsopen tmpfs 0 | fsconfig -1 0 0 0 0 | fsmount -1 0 0 | fspick -1 /nowhere 0
        mount_setattr -1 /nowhere 0 buffer 32
        open_by_handle_at -100 buffer 0 | setns 0 0 | fanotify_init 0 0
    """,
    "keyring": "keyctl 0 -3 0 | add_key user probe buffer 1 -3 | request_key user probe buffer -3",
    "tracing": """
        ptrace 0 0 0 0 | ptrace 0x4206 1 0 0 | process_vm_readv 1 buffer 1 buffer 1 0 | process_vm_writev 1 buffer 1 buffer 1 0
        kcmp 1 1 0 0 0 | pidfd_getfd -1 0 0 | process_mrelease -1 0 | process_madvise -1 buffer 1 0 0
        perf_event_open buffer 0 -1 -1 0 | bpf 0 buffer 120 | bpf 5 buffer 120
    """,
    "kernel": """
        init_module buffer 0 probe | finit_module -1 probe 0 | delete_module probe 0 | kexec_load 0 999 buffer 0
        kexec_file_load -1 -1 0 probe 0 | reboot 0 0 0 0 | syslog 10 0 0 | syslog 3 buffer 4096 | iopl 0 | ioperm 0 1 0
        personality 0x0040000 | personality 0x0400000 | _sysctl buffer | sysfs 3 0 0 | uselib /nowhere
        nfsservctl 0 buffer buffer | ustat 0 buffer | lookup_dcookie 0 buffer 4096 | vhangup
    """,
    "machine": """
        swapon /nowhere 0 | swapoff /nowhere | acct /nowhere | quotactl 0 /nowhere 0 buffer | quotactl_fd -1 0 0 buffer
        settimeofday 1 0 | clock_settime 0 1 | sethostname probe 9999 | setdomainname probe 9999
        mbind 0 0 0 0 0 0 | migrate_pages 0 1 0 0 | move_pages 0 1 0 0 0 0 | set_mempolicy 9 0 0
        set_mempolicy_home_node 0 0 0 0 | sync | syncfs 0
    """,
    "identity": "setuid 0 | setgid 0 | setgroups 1 buffer",
}

#: Calls that may be younger than the engine's library of calls, which then returns ENOSYS for them.
_YOUNG = {"mounts": "statmount buffer buffer 512 0 | listmount buffer buffer 1 0"}

#: Calls that get ENOSYS.
_ABSENT = {
    "io_uring": "io_uring_setup 1 buffer | io_uring_enter -1 0 0 0 0 0 | io_uring_register -1 0 0 0",
    "kernel": """
        clone3 buffer 64 | userfaultfd 0 | userfaultfd 1 | memfd_secret 0 | modify_ldt 0 buffer 0 | vmsplice -1 buffer 0 0
    """,
}

#: Any of these is right in gVisor: its own kernel answers, and the host's kernel does not see the call.
_OWN = words("EPERM EACCES EINVAL EBADF ENOENT ENOSYS EFAULT ESRCH ENODEV EOPNOTSUPP done")


def calls() -> Iterator[Case]:
    for number, name in enumerate(CAPABILITIES.split()):
        yield Case("capability", name.upper(), ("capability", str(number)), words("EPERM"), own_kernel=words("done"))
    for name, flag in _NAMESPACES.items():
        yield Case("namespace", f"unshare a {name} namespace", ("call", "unshare", hex(flag)), words("EPERM"), own_kernel=_OWN)
        yield Case("namespace", f"clone into a new {name} namespace", ("clone", hex(flag)), words("EPERM"), own_kernel=_OWN)
    yield Case("namespace", "unshare a time namespace", ("call", "unshare", "0x80"), words("EPERM"), own_kernel=_OWN)
    yield from _table(_REFUSED, "EPERM")
    yield from _table(_YOUNG, "EPERM ENOSYS")
    yield from _table(_ABSENT, "ENOSYS")
    yield Case(
        "kernel", "a call by the entry of 32-bit programs", ("call32",), words("SIGSYS"), own_kernel=words("SIGSEGV done")
    )
    yield Case("kernel", "a call of the x32 interface", ("foreign", "0x40000027"), words("SIGSYS"), own_kernel=words("ENOSYS"))
    busy = ("call", "sysinfo", "buffer")
    yield Case("machine", "how busy the host is", busy, words("EPERM"), frozenset({CaseKind.RUNNER}), own_kernel=_OWN)
    yield Case("identity", "no new privileges", ("state", "NoNewPrivs"), words("1"), own_kernel=words("unknown"))
    yield Case("identity", "a set-user-id file", ("as", "/set-user-id", "identity"), words("own"))
    yield Case(
        "identity",
        "a higher priority",
        ("call", "setpriority", "0", "0", "-20"),
        words("EACCES EPERM"),
        own_kernel=words("done"),
    )


def _table(table: dict[str, str], word: str) -> Iterator[Case]:
    for group, text in table.items():
        for call in text.replace("\n", "|").split("|"):
            if attempt := call.split():
                yield Case(group, " ".join(attempt), ("call", *attempt), words(word), own_kernel=_OWN)

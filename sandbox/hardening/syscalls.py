"""The kernel calls that a program in a box may make, by purpose. Calls that are not listed are refused.

The list began as the container engine's default (moby, `profiles/seccomp`), so that ordinary programs run unchanged. The calls
that were taken out of it, and the reasons, are at the end. The runtime ignores names that its processor does not have.
"""

#: By purpose. Spaces separate the names in each text.
PLAIN = {
    "open and close files": """
        close close_range creat open openat openat2 dup dup2 dup3 fcntl fcntl64 flock memfd_create name_to_handle_at pipe
        pipe2
    """,
    "read and write": """
        read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek copy_file_range sendfile
        sendfile64 splice tee readahead fadvise64 fadvise64_64 arm_fadvise64_64 cachestat ioctl fsync fdatasync
        sync_file_range sync_file_range2 arm_sync_file_range fallocate truncate truncate64 ftruncate ftruncate64
    """,
    "look at files and directories": """
        stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx _newselect statfs statfs64 fstatfs fstatfs64 access
        faccessat faccessat2 getdents getdents64 readlink readlinkat getcwd chdir fchdir getxattr lgetxattr fgetxattr
        listxattr llistxattr flistxattr getxattrat listxattrat inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
        fanotify_mark
    """,
    "change files and directories": """
        chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32 link linkat symlink symlinkat
        unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat umask utime utimes utimensat
        utimensat_time64 futimesat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat removexattrat
    """,
    "memory": """
        brk mmap mmap2 munmap mremap mprotect madvise msync mincore membarrier mseal mlock mlock2 mlockall munlock munlockall
        remap_file_pages map_shadow_stack pkey_alloc pkey_free pkey_mprotect
    """,
    "processes and threads": """
        fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid getsid
        setsid kill tkill tgkill pidfd_open pidfd_send_signal pause restart_syscall futex futex_time64 futex_waitv futex_wait
        futex_wake futex_requeue set_robust_list get_robust_list rseq set_tid_address get_thread_area set_thread_area
        sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
        sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
        sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set getrusage getrlimit ugetrlimit setrlimit
        prlimit64 times getcpu prctl arch_prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
    """,
    "the process's user; the kernel refuses every change that would need a capability": """
        getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32 getresuid getresuid32
        getresgid getresgid32 setuid setuid32 setgid setgid32 setgroups setgroups32 setreuid setreuid32 setregid setregid32
        setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 capget capset
    """,
    "signals": """
        rt_sigaction rt_sigprocmask rt_sigpending rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_sigtimedwait_time64 sigaltstack sigprocmask sigreturn signalfd signalfd4 alarm
    """,
    "wait for events": """
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2
        poll ppoll ppoll_time64 select pselect6 pselect6_time64 io_setup io_submit io_getevents io_pgetevents
        io_pgetevents_time64 io_cancel io_destroy
    """,
    "clocks and timers": """
        clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64 gettimeofday
        time nanosleep getitimer setitimer adjtimex clock_adjtime clock_adjtime64 timer_create timer_delete timer_getoverrun
        timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
        timerfd_settime timerfd_settime64
    """,
    "sockets, once one has been made": """
        bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt send sendto sendmsg sendmmsg
        recv recvfrom recvmsg recvmmsg recvmmsg_time64
    """,
    "queues, semaphores and memory shared within the box": """
        mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64
        msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
    """,
    "the system": """
        uname getrandom
    """,
}

#: For an author's program only. `sysinfo` tells how busy the host is; but a C library asks it how much memory there is, and
#: takes whatever it finds in its own memory for the answer where the call is refused.
PROGRAMS_OWN = "sysinfo"

#: By reason. Some version of the engine's default permits these. A runner's box gets ENOSYS for them: software that can do
#: without a call then does.
ABSENT = {
    "a second way into the kernel, past every filter of calls": "io_uring_setup io_uring_enter io_uring_register",
    "its flags lie in memory, where no filter can see them; C libraries fall back to `clone`": "clone3",
    "stops the kernel in the middle of a copy, which makes races easy to win": "userfaultfd",
    "memory that cannot be accounted for from outside of the process": "memfd_secret",
    "descriptors of segments, from the time of 16 bits": "modify_ldt",
    "gives a process's own pages to a pipe; part of many kernel exploits": "vmsplice",
}

# Also in the engine's default, and not permitted here: they are refused like all calls that are not listed.
#   ptrace, process_vm_readv, process_vm_writev, process_mrelease, kcmp, pidfd_getfd    one process acts on another
#   socketcall, ipc                                                 32-bit entries, whose arguments no filter can see
#   personality, except to read it                                  turns off the randomness of memory addresses
#   sync, syncfs                                                    make the host write out what all others have written
# Permitted by no engine without a capability, and so not here: keyctl, add_key, request_key, bpf, perf_event_open, unshare,
# setns, mount and its successors, open_by_handle_at, kexec_load, init_module, fanotify_init, quotactl, swapon, syslog.

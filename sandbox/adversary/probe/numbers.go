package main

import "syscall"

// numbers are those of the calls that cases name. From 424 on they are the same on every processor.
var numbers = map[string]uintptr{
	"acct": syscall.SYS_ACCT, "add_key": syscall.SYS_ADD_KEY, "adjtimex": syscall.SYS_ADJTIMEX, "chroot": syscall.SYS_CHROOT,
	"clock_settime": syscall.SYS_CLOCK_SETTIME, "delete_module": syscall.SYS_DELETE_MODULE,
	"fanotify_init": syscall.SYS_FANOTIFY_INIT, "getpid": syscall.SYS_GETPID, "init_module": syscall.SYS_INIT_MODULE,
	"kexec_load": syscall.SYS_KEXEC_LOAD, "keyctl": syscall.SYS_KEYCTL, "kill": syscall.SYS_KILL, "mq_open": syscall.SYS_MQ_OPEN, "shmget": syscall.SYS_SHMGET, "lookup_dcookie": syscall.SYS_LOOKUP_DCOOKIE,
	"mbind": syscall.SYS_MBIND, "migrate_pages": syscall.SYS_MIGRATE_PAGES, "mount": syscall.SYS_MOUNT,
	"move_pages": syscall.SYS_MOVE_PAGES, "perf_event_open": syscall.SYS_PERF_EVENT_OPEN, "personality": syscall.SYS_PERSONALITY,
	"pivot_root": syscall.SYS_PIVOT_ROOT, "ptrace": syscall.SYS_PTRACE, "quotactl": syscall.SYS_QUOTACTL,
	"reboot": syscall.SYS_REBOOT, "request_key": syscall.SYS_REQUEST_KEY, "set_mempolicy": syscall.SYS_SET_MEMPOLICY,
	"setdomainname": syscall.SYS_SETDOMAINNAME, "setgid": syscall.SYS_SETGID, "setgroups": syscall.SYS_SETGROUPS,
	"sethostname": syscall.SYS_SETHOSTNAME, "setpriority": syscall.SYS_SETPRIORITY, "settimeofday": syscall.SYS_SETTIMEOFDAY,
	"setuid": syscall.SYS_SETUID, "socketpair": syscall.SYS_SOCKETPAIR, "swapoff": syscall.SYS_SWAPOFF,
	"swapon": syscall.SYS_SWAPON, "sync": syscall.SYS_SYNC, "sysinfo": syscall.SYS_SYSINFO, "syslog": syscall.SYS_SYSLOG, "umount2": syscall.SYS_UMOUNT2, "unshare": syscall.SYS_UNSHARE,
	"vhangup": syscall.SYS_VHANGUP, "vmsplice": syscall.SYS_VMSPLICE,
	"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429, "fsopen": 430,
	"fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442,
	"quotactl_fd": 443, "memfd_secret": 447, "process_mrelease": 448, "set_mempolicy_home_node": 450, "statmount": 457,
	"listmount": 458,
}

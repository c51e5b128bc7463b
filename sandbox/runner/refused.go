package main

import "syscall"

// refusedCall is one that no program in a box may make. An absent one gets ENOSYS, so that software does without it.
type refusedCall struct {
	name   string
	absent bool
}

// The calls to tell of, by number. From 424 on they are the same on every processor.
const clone3 = 435

var refusedCalls = map[uint32]refusedCall{
	syscall.SYS_ACCT: {name: "acct"}, syscall.SYS_ADD_KEY: {name: "add_key"}, syscall.SYS_CHROOT: {name: "chroot"},
	syscall.SYS_CLOCK_SETTIME: {name: "clock_settime"}, syscall.SYS_DELETE_MODULE: {name: "delete_module"},
	syscall.SYS_FANOTIFY_INIT: {name: "fanotify_init"}, syscall.SYS_GET_MEMPOLICY: {name: "get_mempolicy"},
	syscall.SYS_INIT_MODULE: {name: "init_module"}, syscall.SYS_KEXEC_LOAD: {name: "kexec_load"},
	syscall.SYS_KEYCTL: {name: "keyctl"}, syscall.SYS_LOOKUP_DCOOKIE: {name: "lookup_dcookie"},
	syscall.SYS_MBIND: {name: "mbind"}, syscall.SYS_MIGRATE_PAGES: {name: "migrate_pages"},
	syscall.SYS_MOUNT: {name: "mount"}, syscall.SYS_MOVE_PAGES: {name: "move_pages"},
	syscall.SYS_NFSSERVCTL: {name: "nfsservctl"}, syscall.SYS_PERF_EVENT_OPEN: {name: "perf_event_open"},
	syscall.SYS_PIVOT_ROOT: {name: "pivot_root"}, syscall.SYS_PTRACE: {name: "ptrace"},
	syscall.SYS_QUOTACTL: {name: "quotactl"}, syscall.SYS_REBOOT: {name: "reboot"},
	syscall.SYS_REQUEST_KEY: {name: "request_key"}, syscall.SYS_SET_MEMPOLICY: {name: "set_mempolicy"},
	syscall.SYS_SETDOMAINNAME: {name: "setdomainname"}, syscall.SYS_SETHOSTNAME: {name: "sethostname"},
	syscall.SYS_SETTIMEOFDAY: {name: "settimeofday"}, syscall.SYS_SWAPOFF: {name: "swapoff"},
	syscall.SYS_SWAPON: {name: "swapon"}, syscall.SYS_SYNC: {name: "sync"}, syscall.SYS_SYSLOG: {name: "syslog"}, syscall.SYS_UMOUNT2: {name: "umount2"},
	syscall.SYS_UNSHARE: {name: "unshare"}, syscall.SYS_VHANGUP: {name: "vhangup"},
	syscall.SYS_VMSPLICE: {"vmsplice", true}, 428: {name: "open_tree"}, 429: {name: "move_mount"}, 430: {name: "fsopen"},
	431: {name: "fsconfig"}, 432: {name: "fsmount"}, 433: {name: "fspick"}, 438: {name: "pidfd_getfd"},
	440: {name: "process_madvise"}, 442: {name: "mount_setattr"}, 443: {name: "quotactl_fd"},
	448: {name: "process_mrelease"}, 450: {name: "set_mempolicy_home_node"}, 425: {"io_uring_setup", true},
	426: {"io_uring_enter", true}, 427: {"io_uring_register", true}, 447: {"memfd_secret", true},
}

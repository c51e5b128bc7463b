package main

import "syscall"

func init() {
	for name, number := range map[string]uintptr{
		"_sysctl": 156, "bpf": 321, "finit_module": 313, "ioperm": 173, "iopl": 172, "kcmp": 312, "kexec_file_load": 320,
		"modify_ldt": 154, "nfsservctl": 180, "open_by_handle_at": 304, "process_vm_readv": 310, "process_vm_writev": 311,
		"seccomp": 317, "setns": 308, "sysfs": 139, "uselib": 134, "syncfs": 306, "userfaultfd": 323, "ustat": 136,
	} {
		numbers[name] = number
	}
}

// call32 makes the call `getpid` by the gate of 32-bit programs.
func call32() uintptr

func compatible([]string) outcome {
	return said(apart(0, func() syscall.Errno {
		call32()
		return 0
	}))
}

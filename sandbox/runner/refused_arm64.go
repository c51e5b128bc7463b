package main

const (
	machine     = 0xc00000b7 // AUDIT_ARCH of linux/audit.h
	seccompCall = 277
)

func init() {
	for number, call := range map[uint32]refusedCall{
		280: {name: "bpf"}, 273: {name: "finit_module"}, 272: {name: "kcmp"}, 294: {name: "kexec_file_load"},
		265: {name: "open_by_handle_at"}, 270: {name: "process_vm_readv"}, 271: {name: "process_vm_writev"},
		268: {name: "setns"}, 267: {name: "syncfs"}, 282: {"userfaultfd", true},
	} {
		refusedCalls[number] = call
	}
}

package main

const (
	machine     = 0xc000003e // AUDIT_ARCH of linux/audit.h
	seccompCall = 317
)

func init() {
	for number, call := range map[uint32]refusedCall{
		321: {name: "bpf"}, 313: {name: "finit_module"}, 312: {name: "kcmp"}, 320: {name: "kexec_file_load"},
		304: {name: "open_by_handle_at"}, 310: {name: "process_vm_readv"}, 311: {name: "process_vm_writev"},
		308: {name: "setns"}, 306: {name: "syncfs"}, 173: {name: "ioperm"}, 172: {name: "iopl"}, 156: {name: "_sysctl"}, 139: {name: "sysfs"},
		134: {name: "uselib"}, 136: {name: "ustat"}, 323: {"userfaultfd", true}, 154: {"modify_ldt", true},
	} {
		refusedCalls[number] = call
	}
}

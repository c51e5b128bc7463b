package main

func init() {
	for name, number := range map[string]uintptr{
		"bpf": 280, "finit_module": 273, "kcmp": 272, "kexec_file_load": 294, "nfsservctl": 42, "open_by_handle_at": 265,
		"process_vm_readv": 270, "process_vm_writev": 271, "seccomp": 277, "setns": 268, "syncfs": 267, "userfaultfd": 282,
	} {
		numbers[name] = number
	}
}

func compatible([]string) outcome { return outcome{Word: callAbsent} }

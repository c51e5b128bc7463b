package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// signalFirst sends process 1 whatever might end it.
func signalFirst(order) any {
	for number := syscall.Signal(1); number < 65; number++ {
		if number != syscall.SIGSTOP {
			_ = syscall.Kill(1, number)
		}
	}
	return "still here"
}

// again starts this program once more, with another name for a deed, and does not wait for it.
func again(name string, files ...uintptr) (int, error) {
	return syscall.ForkExec("/proc/self/exe", []string{name}, &syscall.ProcAttr{Env: os.Environ(), Files: files})
}

// linger leaves children behind that hold the output open and take no notice of being asked to end.
func linger(o order) any {
	for range o.Count {
		if _, err := again("lingerer", 0, 1, 2); err != nil {
			fail(err)
		}
	}
	return "left"
}

// forkMany starts children until it may not, and never takes one in.
func forkMany(order) any {
	count := 0
	for ; count < 10_000; count++ {
		if _, err := again("lingerer", 0, 1, 2); err != nil {
			break
		}
	}
	return map[string]any{"children": count}
}

// spy tries to get at process 1, in which the secret is.
func spy(order) any {
	found := map[string]string{}
	for _, path := range []string{"/proc/1/mem", "/proc/1/environ", "/proc/1/maps", "/proc/1/fd/3", "/proc/1/root/gate"} {
		file, err := os.Open(path)
		if err == nil {
			_ = file.Close()
		}
		found[path] = fmt.Sprint(err)
	}
	found["ptrace"] = fmt.Sprint(syscall.PtraceAttach(1))
	var buffer [8]byte
	local := syscall.Iovec{Base: &buffer[0], Len: 8}
	remote := syscall.Iovec{Base: (*byte)(unsafe.Pointer(&buffer[0])), Len: 8}
	const processVMReadv, pidfdOpen, pidfdGetfd = 310, 434, 438
	_, _, number := syscall.Syscall6(processVMReadv, 1, uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	found["process_vm_readv"] = number.Error()
	handle, _, number := syscall.Syscall(pidfdOpen, 1, 0, 0)
	if number == 0 {
		_, _, number = syscall.Syscall(pidfdGetfd, handle, 3, 0)
	}
	found["pidfd_getfd"] = number.Error()
	return found
}

func init() {
	if os.Args[0] == "lingerer" {
		for {
			_ = syscall.Pause()
		}
	}
}

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

const callAbsent = "no such call on this processor"

// call makes one call of the kernel: "call NAME ARGUMENT…". An argument is a number, "buffer", "self", or text.
func call(words []string) outcome {
	number, ok := numbers[words[0]]
	if !ok {
		return outcome{Word: callAbsent}
	}
	if number == syscall.SYS_PTRACE {
		return said(apart(0, prepared(number, words[1:]))) // a traced process stops at each signal, and Go's runtime sends itself some
	}
	return said(prepared(number, words[1:])())
}

// socket makes a socket: "socket FAMILY TYPE PROTOCOL".
func socket(words []string) outcome {
	return said(prepared(syscall.SYS_SOCKET, words)())
}

// clone starts a process with flags: "clone FLAGS". It ends at once.
func clone(words []string) outcome {
	flags, _ := strconv.ParseUint(words[0], 0, 64)
	return said(apart(uintptr(flags), func() syscall.Errno { return 0 }))
}

// foreign makes a call by a number that is not this processor's own: "foreign NUMBER". The kernel may end a thread for it, so it is
// made in a process that has only one.
func foreign(words []string) outcome {
	number, _ := strconv.ParseUint(words[0], 0, 64)
	return said(apart(0, func() syscall.Errno {
		_, _, errno := syscall.RawSyscall(uintptr(number), 0, 0, 0)
		return errno
	}))
}

const killed = syscall.Errno(0xFFF)

// apart does something in a process of its own, which may not use Go's runtime.
func apart(flags uintptr, do func() syscall.Errno) syscall.Errno {
	child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, flags|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	if child == 0 {
		code := do()
		for {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(code), 0, 0)
		}
	}
	var status syscall.WaitStatus
	_, _ = syscall.Wait4(int(child), &status, 0, nil)
	if status.Signaled() && status.Signal() == syscall.SIGSYS {
		return killed
	}
	return syscall.Errno(status.ExitStatus())
}

// prepared is a call of the kernel with its arguments in place: all that is left to do needs no runtime.
func prepared(number uintptr, words []string) func() syscall.Errno {
	var a [6]uintptr
	for i, word := range words {
		a[i] = argument(word)
	}
	return func() syscall.Errno {
		_, _, errno := syscall.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		return errno
	}
}

// kept holds what the kernel was given the address of.
var kept [][]byte

func argument(word string) uintptr {
	if word == "self" {
		return uintptr(os.Getpid())
	}
	if number, err := strconv.ParseInt(word, 0, 64); err == nil {
		return uintptr(number)
	}
	if number, err := strconv.ParseUint(word, 0, 64); err == nil {
		return uintptr(number)
	}
	content := append([]byte(word), 0)
	if word == "buffer" {
		content = make([]byte, 4096)
	}
	kept = append(kept, content)
	return uintptr(unsafe.Pointer(&content[0]))
}

// capability looks for one by its number in each of the process's sets, and tries to take it: "capability NUMBER".
func capability(words []string) outcome {
	number, _ := strconv.Atoi(words[0])
	held, sets := int64(0), []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}
	for _, set := range sets {
		bits, err := strconv.ParseUint(status(set), 16, 64)
		if status(set) == "" && set == "CapAmb" {
			continue // a kernel without ambient capabilities does not tell of them
		}
		if err != nil {
			return outcome{Word: "no " + set}
		}
		held += int64(bits >> number & 1)
	}
	if held == 0 {
		return counted(take(number), 0)
	}
	return outcome{"held", held}
}

// take asks the kernel for a capability.
func take(number int) syscall.Errno {
	header := [2]uint32{0x20080522, 0}
	var sets [6]uint32
	for field := range 3 {
		sets[number/32*3+field] = 1 << (number % 32)
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets)), 0)
	return errno
}

// state answers a field of the process's own status: "state FIELD".
func state(words []string) outcome {
	if value := status(words[0]); value != "" {
		return outcome{Word: value}
	}
	return outcome{Word: "unknown"}
}

func status(field string) string {
	content, _ := os.ReadFile("/proc/thread-self/status")
	for _, line := range strings.Split(string(content), "\n") {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

// kernel answers which release of which kernel this is, as the kernel says.
func kernel([]string) outcome {
	content, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return failed(err)
	}
	return outcome{Word: strings.TrimSpace(string(content))}
}

// identity answers as which user this process acts. Run from a set-user-id file, it would be that file's owner.
func identity([]string) outcome {
	if os.Geteuid() == 0 || os.Getegid() == 0 {
		return outcome{Word: "root"}
	}
	return outcome{"own", int64(os.Geteuid())}
}

package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"unsafe"
)

const (
	receiveNotice = 0xc0502100
	answerNotice  = 0xc0182101
	mostRefusals  = 16 // different ones: a program can make as many as it likes
)

// notice is what the kernel reports of a call, and reply what the runner has it answer (linux/seccomp.h).
type notice struct {
	id        uint64
	pid       uint32
	flags     uint32
	number    int32
	machine   uint32
	address   uint64
	arguments [6]uint64
}

type reply struct {
	id    uint64
	value int64
	errno int32
	flags uint32 // never "continue": the refused stays refused
}

// refusals are the kernel's calls that the program was refused, by name, each once.
type refusals struct {
	mutex sync.Mutex
	names []string
}

func newRefusals() *refusals { return &refusals{names: []string{}} }

func (r *refusals) list() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.names)
}

func (r *refusals) note(name string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.names) < mostRefusals && !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
}

// listen answers every refused call with its error, for as long as a process lives that can make one. Should it end before, the
// box's own filter refuses them.
func (r *refusals) listen(listener int) {
	runtime.LockOSThread()
	defer syscall.Close(listener)
	for {
		var told notice
		if errno := control(listener, receiveNotice, unsafe.Pointer(&told)); errno == syscall.EINTR {
			continue
		} else if errno == syscall.ENOENT {
			if !readable(listener) { // the caller was killed meanwhile, or all of them are gone
				return
			}
			continue
		} else if errno != 0 {
			return
		}
		name, errno := describe(&told)
		r.note(name)
		_ = control(listener, answerNotice, unsafe.Pointer(&reply{id: told.id, errno: -int32(errno)}))
	}
}

func control(descriptor int, request uintptr, about unsafe.Pointer) syscall.Errno {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(descriptor), request, uintptr(about))
	return errno
}

// readable waits until there is a notice, or until no process is left that could cause one.
func readable(descriptor int) bool {
	const in, ended = 1, 0x10
	waiting := struct {
		descriptor int32
		wanted     int16
		happened   int16
	}{int32(descriptor), in, 0}
	_, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&waiting)), 1, 0, 0, 0, 0)
	return errno == 0 && waiting.happened&ended == 0
}

// describe names a call for people, and says what it gets.
func describe(told *notice) (string, syscall.Errno) {
	number := uint32(told.number)
	switch number {
	case syscall.SYS_SOCKET:
		return fmt.Sprintf("socket(%s)", family(told.arguments[0])), syscall.EPERM
	case syscall.SYS_SOCKETPAIR:
		return fmt.Sprintf("socketpair(%s)", family(told.arguments[0])), syscall.EPERM
	case syscall.SYS_CLONE:
		return "clone(CLONE_NEW…)", syscall.EPERM
	case syscall.SYS_PERSONALITY:
		return "personality", syscall.EPERM
	}
	call := refusedCalls[number]
	if call.absent {
		return call.name, syscall.ENOSYS
	}
	return call.name, syscall.EPERM
}

func family(number uint64) string {
	if name, ok := families[number]; ok {
		return name
	}
	return fmt.Sprintf("family %d", number)
}

var families = map[uint64]string{
	syscall.AF_INET: "AF_INET", syscall.AF_INET6: "AF_INET6", syscall.AF_NETLINK: "AF_NETLINK", syscall.AF_PACKET: "AF_PACKET",
	38: "AF_ALG", 40: "AF_VSOCK", 44: "AF_XDP",
}

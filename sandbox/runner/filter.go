package main

import (
	"syscall"
	"unsafe"
)

// How filters are installed and what they answer (linux/seccomp.h, linux/filter.h).
const (
	setModeFilter = 1
	onThisThread  = 0
	onEveryThread = 1 // SECCOMP_FILTER_FLAG_TSYNC
	withListener  = 8 // SECCOMP_FILTER_FLAG_NEW_LISTENER

	allow  = 0x7fff0000
	notify = 0x7fc00000
	fail   = 0x00050000 // with the error's number

	load      = 0x20 // a word of what is known of the call
	jumpEqual = 0x15
	jumpAny   = 0x45 // where any of the bits is set
	answer    = 0x06

	numberAt  = 0
	machineAt = 4

	newNamespaces = 0x7e020000
	asItIs        = 0xffffffff // to `personality`: do not change it
)

func argumentAt(index uint32) uint32 { return 16 + 8*index } // its low half

type instruction struct {
	code    uint16
	yes     uint8 // instructions to skip
	no      uint8
	operand uint32
}

type filter []instruction

func (f *filter) add(code uint16, yes, no uint8, operand uint32) {
	*f = append(*f, instruction{code, yes, no, operand})
}

func (f *filter) answer(what uint32) { f.add(answer, 0, 0, what) }

// on answers at once for the call of that number.
func (f *filter) on(number, what uint32) {
	f.add(jumpEqual, 0, 1, number)
	f.answer(what)
}

// within puts a part that is for one call only. It must end in an answer.
func (f *filter) within(number uint32, part filter) {
	f.add(jumpEqual, 0, uint8(len(part)), number)
	*f = append(*f, part...)
}

// begin lets calls of other machines' numbers through, which the box's own filter ends.
func begin() filter {
	var f filter
	f.add(load, 0, 0, machineAt)
	f.add(jumpEqual, 1, 0, machine)
	f.answer(allow)
	f.add(load, 0, 0, numberAt)
	return f
}

// refusing is the guard's filter: it reports the calls that the box refuses (sandbox/hardening/seccomp.py). A call that it does not list
// is left to the box's own filter.
func refusing() filter {
	f := begin()
	for number := range refusedCalls {
		f.on(number, notify)
	}
	f.on(clone3, fail|uint32(syscall.ENOSYS)) // not worth telling: every C library tries it first
	f.within(syscall.SYS_SOCKET, socketPart())
	f.within(syscall.SYS_SOCKETPAIR, onlyArguments(0, syscall.AF_UNIX))
	f.within(syscall.SYS_PERSONALITY, onlyArguments(0, 0, asItIs))
	f.within(syscall.SYS_CLONE, noBits(0, newNamespaces, notify))
	f.within(seccompCall, noBits(1, withListener, fail|uint32(syscall.EPERM)))
	f.answer(allow)
	return f
}

// sealing takes away the right to install a listener: for process 1, and for a program whose refused calls the kernel cannot report.
func sealing() filter {
	f := begin()
	f.within(seccompCall, noBits(1, withListener, fail|uint32(syscall.EPERM)))
	f.answer(allow)
	return f
}

func socketPart() filter {
	var f filter
	f.add(load, 0, 0, argumentAt(0))
	f.add(jumpEqual, 3, 0, syscall.AF_UNIX) // to allow
	f.add(jumpEqual, 3, 0, syscall.AF_INET) // to the protocol
	f.add(jumpEqual, 2, 0, syscall.AF_INET6)
	f.answer(notify)
	f.answer(allow)
	return append(f, onlyArguments(2, 0, syscall.IPPROTO_TCP, syscall.IPPROTO_UDP)...)
}

// onlyArguments allows these values of an argument, and tells of any other.
func onlyArguments(index uint32, values ...uint32) filter {
	var f filter
	f.add(load, 0, 0, argumentAt(index))
	for _, value := range values {
		f.on(value, allow)
	}
	f.answer(notify)
	return f
}

func noBits(index, bits, otherwise uint32) filter {
	var f filter
	f.add(load, 0, 0, argumentAt(index))
	f.add(jumpAny, 0, 1, bits)
	f.answer(otherwise)
	f.answer(allow)
	return f
}

// installFilter puts the filter on this thread, or on every one. With a listener, it answers its descriptor.
func installFilter(f filter, flags uintptr) (int, error) {
	program := struct {
		length uint16
		first  *instruction
	}{uint16(len(f)), &f[0]}
	descriptor, _, errno := syscall.RawSyscall(seccompCall, setModeFilter, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, errno
	}
	if flags == onEveryThread && descriptor != 0 {
		return 0, syscall.ESRCH // it is the number of a thread that could not take it
	}
	return int(descriptor), nil
}

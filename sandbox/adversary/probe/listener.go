package main

import (
	"syscall"
	"unsafe"
)

// listener installs a filter that lets everything through, and asks to be told of it: "listener". The process that is told may answer
// "go on".
func listener([]string) outcome {
	const setModeFilter, newListener = 1, 8
	everything := struct {
		code    uint16
		yes, no uint8
		operand uint32
	}{0x06, 0, 0, 0x7fff0000}
	program := struct {
		length uint16
		first  unsafe.Pointer
	}{1, unsafe.Pointer(&everything)}
	_, _, errno := syscall.RawSyscall(numbers["seccomp"], setModeFilter, newListener, uintptr(unsafe.Pointer(&program)))
	return said(errno)
}

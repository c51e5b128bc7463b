package main

import (
	"syscall"
	"unsafe"
)

// verbs are the attempts that a case may name.
var verbs map[string]func([]string) outcome

func init() {
	verbs = map[string]func([]string) outcome{
		"call": call, "call32": compatible, "capability": capability, "clone": clone, "foreign": foreign, "identity": identity, "kernel": kernel, "socket": socket,
		"state": state,
		"binds": binds, "chmods": chmods, "connects": connects, "creates": creates, "interfaces": interfaces, "leaks": leaks,
		"lists": lists, "mknods": mknods, "opens": opens, "reads": reads, "removes": removes, "renames": renames,
		"runs": runs, "symlinks": symlinks, "writable": writable,
		"burns": burns, "crashes": crashes, "defies": defies, "descriptors": descriptors, "fill": fill, "forks": forks, "inodes": inodes, "memory": memory, "output": output,
		"leaves": leaves, "listener": listener, "raises": raises, "segments": segments, "sleeps": sleeps, "tells": tells, "zombies": zombies,
	}
}

func addressOf(time *syscall.Timespec) uintptr { return uintptr(unsafe.Pointer(time)) }

package main

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"syscall"
)

// A program learns that one of its kernel calls was refused, but not which: its author then has to guess. So it is started by way of a
// guard, this same runner under another name, which puts a filter of its own on itself, hands what the filter reports to process 1, and
// becomes the program. The filter permits nothing that the box does not: it only stops what is refused anyway, and reports it.
const guardName = "callgate-guard"

const guardSocket = 3 // in the guard

const runnerItself = "/proc/self/exe"

// guardStart is what process 1 starts to have the program started.
func guardStart(path string, command []string) []string {
	return append([]string{guardName, path}, command...)
}

// becomeProgram is the guard: words are the program's path, and its arguments. It returns only where there is no program.
func becomeProgram(words []string) {
	runtime.LockOSThread() // the filter is the thread's, and so is what it becomes
	syscall.CloseOnExec(guardSocket)
	listener, err := installFilter(refusing(), withListener)
	if err == nil {
		err = syscall.Sendmsg(guardSocket, []byte{1}, syscall.UnixRights(listener), nil, 0)
	} else if _, err = installFilter(sealing(), onThisThread); err == nil {
		_, err = syscall.Write(guardSocket, []byte{0}) // a kernel that cannot tell refuses all the same
	}
	if err != nil || !told(guardSocket) {
		os.Exit(1)
	}
	err = syscall.Exec(words[0], words[1:], os.Environ())
	var number syscall.Errno
	errors.As(err, &number)
	_, _ = syscall.Write(guardSocket, binary.BigEndian.AppendUint32(nil, uint32(number)))
	os.Exit(1)
}

func told(socket int) bool {
	count, err := syscall.Read(socket, make([]byte, 1))
	return err == nil && count == 1
}

// admit is process 1's side: it takes the guard's listener, and lets it go on. It returns once the program runs, or does not.
func admit(socket int) (*refusals, error) {
	defer syscall.Close(socket)
	refused, err := takeListener(socket)
	if err != nil {
		return nil, err
	}
	// From here on no process in this box can install a listener: one that had it could let the refused calls through.
	if _, err := installFilter(sealing(), onEveryThread); err != nil {
		return nil, err
	}
	if _, err := syscall.Write(socket, []byte{1}); err != nil {
		return nil, err
	}
	answer := make([]byte, 4)
	if count, _ := syscall.Read(socket, answer); count == len(answer) {
		return nil, syscall.Errno(binary.BigEndian.Uint32(answer))
	}
	return refused, nil
}

func takeListener(socket int) (*refusals, error) {
	first, control := make([]byte, 1), make([]byte, syscall.CmsgSpace(4))
	count, length, _, _, err := syscall.Recvmsg(socket, first, control, syscall.MSG_CMSG_CLOEXEC)
	if err != nil || count == 0 {
		return nil, errors.Join(err, errors.New("the program's guard ended"))
	}
	refused := newRefusals()
	if first[0] == 0 {
		return refused, nil
	}
	messages, err := syscall.ParseSocketControlMessage(control[:length])
	if err != nil || len(messages) != 1 {
		return nil, errors.Join(err, errors.New("the program's guard sent no listener"))
	}
	descriptors, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	go refused.listen(descriptors[0])
	return refused, nil
}

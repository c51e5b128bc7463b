package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

var names = map[syscall.Signal]string{
	syscall.SIGKILL: "SIGKILL", syscall.SIGSYS: "SIGSYS", syscall.SIGSEGV: "SIGSEGV", syscall.SIGXFSZ: "SIGXFSZ",
	syscall.SIGTERM: "SIGTERM", syscall.SIGBUS: "SIGBUS",
}

// try makes one attempt in a process of its own. The verb may be run from a file other than the probe's: "as FILE VERB …".
// With "stay VERB …" it is made in this process instead, and what it leaves stays.
func try(words []string) outcome {
	if len(words) > 1 && words[0] == "stay" {
		return attempt(words[1], words[2:])
	}
	program := "/proc/self/exe"
	if len(words) > 2 && words[0] == "as" {
		program, words = words[1], words[2:]
	}
	output := &last{}
	child := exec.Command(program, append([]string{"attempt"}, words...)...)
	child.Stdout, child.ExtraFiles = output, []*os.File{os.Stdout}
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	child.WaitDelay = time.Second
	if err := child.Start(); err != nil {
		return failed(err)
	}
	hung := time.AfterFunc(patience, func() { output.hang(); _ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL) })
	defer hung.Stop()
	_ = child.Wait()
	_ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL) // whatever it left behind
	return output.verdict(child.ProcessState)
}

// last keeps the last whole line that an attempt wrote.
type last struct {
	mutex sync.Mutex
	text  []byte
	hung  bool
}

func (l *last) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text = append(l.text, text...)
	if end := bytes.LastIndexByte(l.text, '\n'); end > 0 {
		begin := bytes.LastIndexByte(l.text[:end], '\n') + 1
		l.text = append([]byte(nil), l.text[begin:]...)
	}
	return len(text), nil
}

func (l *last) hang() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.hung = true
}

func (l *last) verdict(state *os.ProcessState) outcome {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	told := outcome{Word: "silence"}
	_ = json.Unmarshal(l.text, &told)
	status, _ := state.Sys().(syscall.WaitStatus)
	switch {
	case l.hung:
		told.Word = "hung"
	case status.Signaled():
		told.Word = "killed"
		if name, ok := names[status.Signal()]; ok {
			told.Word = name
		}
	}
	return told
}

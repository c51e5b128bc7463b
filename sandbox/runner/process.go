package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// process is the program that was started, and all that it starts: the runner is process 1, to whom orphans fall.
type process struct {
	pid            int
	stdout, stderr *os.File
	refused        *refusals
	status         syscall.WaitStatus // once it has ended
	ended          chan struct{}      // the program itself has ended
	gone           chan struct{}      // no process but this one is left
}

// startProcess starts the command with the input as its standard input, in a session of its own.
func startProcess(command, environment []string, input []byte) (*process, error) {
	path, err := findProgram(command[0], environment)
	if err != nil {
		return nil, err
	}
	pipes, err := openPipes()
	if err != nil {
		return nil, err
	}
	defer pipes.closeFar()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	pid, err := syscall.ForkExec(runnerItself, guardStart(path, command), &syscall.ProcAttr{
		Env:   environment,
		Files: []uintptr{pipes.far[0].Fd(), pipes.far[1].Fd(), pipes.far[2].Fd(), uintptr(ends[1])},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	_ = syscall.Close(ends[1])
	if err != nil {
		_ = syscall.Close(ends[0])
		return nil, err
	}
	p := &process{pid: pid, stdout: pipes.near[1], stderr: pipes.near[2], ended: make(chan struct{}), gone: make(chan struct{})}
	go p.reap()
	if p.refused, err = admit(ends[0]); err != nil {
		p.killAll()
		return nil, err
	}
	go func() {
		_, _ = pipes.near[0].Write(input) // a program may end without having read it
		_ = pipes.near[0].Close()
	}()
	return p, nil
}

// reap takes in every process that ends, those that the program started included. Nothing else here may wait for a process.
func (p *process) reap() {
	defer close(p.gone)
	for {
		var status syscall.WaitStatus
		found, err := syscall.Wait4(-1, &status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return // there is none left
		}
		if found == p.pid {
			p.status = status
			close(p.ended)
		}
	}
}

// ask asks everything in the box but the runner to end.
func (p *process) ask() { _ = syscall.Kill(-1, syscall.SIGTERM) }

// killAll ends everything in the box but the runner, and returns when nothing else is left. The kernel signals all of them at once,
// so that no fork gets away.
func (p *process) killAll() {
	_ = syscall.Kill(-1, syscall.SIGKILL)
	<-p.gone
}

// pipePairs are the three standard streams: the program's ends are far, ours are near.
type pipePairs struct{ far, near [3]*os.File }

func openPipes() (*pipePairs, error) {
	var p pipePairs
	for i := range 3 {
		reader, writer, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		p.far[i], p.near[i] = writer, reader
		if i == 0 {
			p.far[i], p.near[i] = reader, writer
		}
	}
	return &p, nil
}

func (p *pipePairs) closeFar() {
	for _, file := range p.far {
		_ = file.Close()
	}
}

// findProgram looks for a name without a slash where the program's own PATH leads.
func findProgram(name string, environment []string) (string, error) {
	if !strings.Contains(name, "/") {
		for _, entry := range environment {
			if path, ok := strings.CutPrefix(entry, "PATH="); ok {
				_ = os.Setenv("PATH", path)
			}
		}
	}
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) {
		return "", syscall.ENOENT
	}
	return path, err
}

// pump passes the program's output on, up to the job's bound.
type pump struct {
	overflow chan struct{} // closed when the bound is reached
	done     chan bool     // at the end: whether it was reached
}

func (e *execution) pumpOutput(from io.Reader) *pump {
	p := &pump{overflow: make(chan struct{}), done: make(chan bool, 1)}
	go func() {
		buffer := make([]byte, chunk)
		for left := e.job.ResponseBytes; ; {
			count, err := from.Read(buffer)
			if left -= int64(count); left < 0 {
				close(p.overflow)
				p.done <- true
				return
			}
			e.forward(e.redact.feed(buffer[:count]))
			if err != nil {
				p.done <- false
				return
			}
		}
	}()
	return p
}

// longestTail is how much of the error output is kept: its end, where programs say why they gave up.
const longestTail = 2048

// pumpTail redacts before it cuts: of a secret that was cut in two, the rest could not be found.
func pumpTail(from io.Reader, redact *redactor) <-chan []byte {
	done := make(chan []byte, 1)
	go func() {
		var tail []byte
		buffer := make([]byte, chunk)
		for {
			count, err := from.Read(buffer)
			tail = append(tail, redact.feed(buffer[:count])...)
			if err != nil {
				tail = append(tail, redact.rest()...)
			}
			tail = tail[max(0, len(tail)-longestTail):]
			if err != nil {
				done <- append([]byte(nil), tail...)
				return
			}
		}
	}()
	return done
}

// printable makes a line of whatever a program wrote: what is not text, or moves a terminal's cursor, becomes a space.
func printable(text []byte) string {
	clean := strings.Map(func(char rune) rune {
		if char < ' ' || char >= 0x7f && char < 0xa0 || char == '\uFFFD' {
			return ' '
		}
		return char
	}, strings.ToValidUTF8(string(text), " "))
	return strings.Join(strings.Fields(clean), " ")
}

// outOfMemory asks the kernel whether it has killed a process of this box for its memory.
func outOfMemory() bool {
	for _, path := range []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"} {
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(content), "\n") {
			if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
				return count != "0"
			}
		}
	}
	return false
}

// The runner is the one process in a box. It connects to its gateway, says READY, waits for one job, does it, and ends.
//
// What it may rely on: two sockets in /gate. io.sock carries the job in and the result out; its end is the box's end.
// egress.sock is the only way out, and the broker behind it decides about every destination.
package main

import (
	"context"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

const (
	ioSocket     = "/gate/io.sock"
	egressSocket = "/gate/egress.sock"
)

// A box has 64 MiB. The collector works hard near this bound, so that an honest large answer does not end in the kernel's kill.
const memoryTarget = 40 << 20

// A box that gets its job at once loses no time to preparations.
const idleAfter = 100 * time.Millisecond

func main() {
	if os.Args[0] == guardName {
		becomeProgram(os.Args[1:])
	}
	runtime.GOMAXPROCS(2)
	debug.SetMemoryLimit(memoryTarget)
	forbidDumps()
	surviveSignals()
	conn, err := net.Dial("unix", ioSocket)
	if err != nil {
		os.Exit(1)
	}
	connectBroker()
	if serve(newChannel(conn)) != nil {
		os.Exit(1)
	}
	// The engine is busy when a box ends, and the caller's answer is still on its way. The gateway hangs up once that has left.
	select {}
}

// serve does one job. An error means that the gateway is gone, so that there is no peer to report it to.
func serve(gateway *channel) error {
	if err := gateway.send(ready, nil); err != nil {
		return err
	}
	idle := time.AfterFunc(idleAfter, prewarm)
	first := <-gateway.frames
	idle.Stop()
	switch first.kind {
	case task:
		return serveRequest(gateway, first.payload)
	case run:
		return serveProgram(gateway, first.payload)
	}
	return gateway.fail(invalid("the first frame is not a job"), []phase{})
}

func serveRequest(gateway *channel, payload []byte) error {
	job, flaw := parseJob(payload)
	if flaw == nil && job.HasBody && !job.streams() {
		job.body, flaw = gateway.body()
	}
	if flaw != nil {
		return gateway.fail(flaw, []phase{})
	}
	ctx, cancel := timeLimit(job.TimeoutMS)
	defer cancel()
	work := newAttempt(newSession(gateway, ctx, !job.acts()), job)
	if flaw := work.perform(); flaw != nil {
		told := failureOf(flaw, work.watch.phases())
		told.RetryAfter = work.later
		return gateway.sendJSON(flawed, told)
	}
	return gateway.sendJSON(end, ending{work.watch.phases(), work.paged, work.tally})
}

func serveProgram(gateway *channel, payload []byte) error {
	job, flaw := parseProgram(payload)
	if flaw == nil {
		job.input, flaw = gateway.body()
	}
	if flaw != nil {
		return gateway.fail(flaw, []phase{})
	}
	ctx, cancel := timeLimit(job.TimeoutMS)
	defer cancel()
	work := &execution{session: newSession(gateway, ctx, false), job: job}
	ended, flaw := work.perform()
	if flaw != nil {
		return gateway.fail(flaw, work.watch.phases())
	}
	ended.Phases = work.watch.phases()
	return gateway.sendJSON(end, ended)
}

func timeLimit(milliseconds int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Duration(milliseconds)*time.Millisecond)
}

// surviveSignals lets no program end process 1: the kernel delivers to it what it has a way to take. Nothing is done with them, and
// they are not ignored, for what is ignored here would be ignored in every program that is started.
func surviveSignals() {
	signal.Notify(make(chan os.Signal, 1))
}

// prewarm does while the box waits what a job would otherwise wait for, and gives back the memory that is free again.
func prewarm() {
	authorities()
	rehearse()
	debug.FreeOSMemory()
}

// forbidDumps keeps the secret from core files and from other processes' ptrace, should there ever be any.
func forbidDumps() {
	const setDumpable = 4
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setDumpable, 0, 0)
}

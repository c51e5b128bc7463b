package main

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"
)

const enough = 100_000 // of anything that is counted: a bound that is not met by then is none

// forks starts processes until it cannot, all of them alive. With zombies they end at once, and their parent does not wait for them.
// "forks stay" and "zombies stay" then wait with them.
func forks(words []string) outcome   { return linger(words, fork(false)) }
func zombies(words []string) outcome { return linger(words, fork(true)) }

func linger(words []string, o outcome) outcome {
	if len(words) > 0 {
		sleeps(nil)
	}
	return o
}

func fork(end bool) outcome {
	for count := int64(0); count < enough; count++ {
		child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
		if errno != 0 {
			return counted(errno, count)
		}
		if child == 0 {
			rest(end)
		}
	}
	return counted(0, enough)
}

// rest is all that a process may do that was made behind the back of Go's runtime.
func rest(end bool) {
	hour := syscall.Timespec{Sec: 3600}
	for {
		if end {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
		}
		_, _, _ = syscall.RawSyscall(syscall.SYS_NANOSLEEP, addressOf(&hour), 0, 0)
	}
}

// memory takes memory and uses it, up to a bound in MiB, and says how far it came: "memory BOUND".
func memory(words []string) outcome {
	bound, _ := strconv.ParseInt(words[0], 10, 64)
	for count := int64(1); count <= bound; count++ {
		piece, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			return counted(err.(syscall.Errno), count)
		}
		for at := 0; at < len(piece); at += 4096 {
			piece[at] = 1
		}
		report(outcome{"growing", count})
	}
	return counted(0, bound)
}

// fill writes one file until it cannot, up to a bound in MiB: "fill PATH BOUND". It counts KiB.
func fill(words []string) outcome {
	bound, _ := strconv.ParseInt(words[1], 10, 64)
	file, err := os.Create(words[0])
	if err != nil {
		return failed(err)
	}
	defer os.Remove(words[0])
	piece := bytes.Repeat([]byte{1}, 1<<16)
	for count := int64(0); count < bound<<10; count += 64 {
		if _, err := file.Write(piece); err != nil {
			return outcome{failed(err).Word, count}
		}
		report(outcome{"growing", count + 64})
	}
	return counted(0, bound<<10)
}

// inodes makes empty files until it cannot: "inodes DIRECTORY".
func inodes(words []string) outcome {
	for count := int64(0); count < enough; count++ {
		file, err := os.Create(fmt.Sprintf("%s/%d", words[0], count))
		if err != nil {
			return outcome{failed(err).Word, count}
		}
		_ = file.Close()
	}
	return counted(0, enough)
}

// descriptors opens until it cannot.
func descriptors([]string) outcome {
	for count := int64(0); count < enough; count++ {
		if _, err := syscall.Dup(0); err != nil {
			return counted(err.(syscall.Errno), count)
		}
	}
	return counted(0, enough)
}

// segments makes shared memory until it cannot.
func segments([]string) outcome {
	for count := int64(0); count < enough; count++ {
		if _, _, errno := syscall.Syscall(syscall.SYS_SHMGET, 0, 1<<20, 0o1600); errno != 0 {
			return counted(errno, count)
		}
	}
	return counted(0, enough)
}

// output writes to what the engine would log: "output MIB".
func output(words []string) outcome {
	bound, _ := strconv.ParseInt(words[0], 10, 64)
	log, piece := os.NewFile(3, "output"), bytes.Repeat([]byte("x"), 1<<20)
	for count := int64(0); count < bound; count++ {
		if _, err := log.Write(piece); err != nil {
			return outcome{failed(err).Word, count}
		}
	}
	return counted(0, bound)
}

// raises tries to lift a limit of its own: "raises RESOURCE".
func raises(words []string) outcome {
	resource, _ := strconv.Atoi(words[0])
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(resource, &limit); err != nil {
		return failed(err)
	}
	limit.Max++
	return failed(syscall.Setrlimit(resource, &limit))
}

// sleeps does nothing, for longer than any test waits.
func sleeps([]string) outcome {
	time.Sleep(time.Hour)
	return outcome{Word: "done"}
}

// defies does nothing either, and takes no notice of being asked to end.
func defies(words []string) outcome {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	return sleeps(words)
}

// crashes ends in a way that leaves an image of the memory where that is permitted: in the current directory.
func crashes([]string) outcome {
	_ = os.Chdir("/tmp")
	debug.SetTraceback("crash")
	var nowhere *int64
	return outcome{Count: *nowhere}
}

// burns uses every processor for a second, and counts the hundredths of a second that it got.
func burns([]string) outcome {
	end := time.Now().Add(time.Second)
	for range 8 {
		go func() {
			for time.Now().Before(end) {
			}
		}()
	}
	time.Sleep(time.Until(end))
	var used syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return outcome{failed(err).Word, (used.Utime.Nano() + used.Stime.Nano()) / 10_000_000}
}

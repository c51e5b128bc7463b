package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// opens opens a file and does no more: "opens MODE PATH", MODE being r, w or rw.
func opens(words []string) outcome {
	mode := map[string]int{"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[words[0]]
	file, err := os.OpenFile(words[1], mode|syscall.O_NONBLOCK, 0)
	if err == nil {
		err = file.Close()
	}
	return failed(err)
}

// reads reads a file; "empty" is what a masked one is: "reads PATH".
func reads(words []string) outcome {
	file, err := os.Open(words[0])
	if err != nil {
		return failed(err)
	}
	content := make([]byte, 4096)
	count, _ := file.Read(content)
	if count <= 0 || len(strings.Trim(string(content[:count]), "\x00\n ")) == 0 {
		return outcome{Word: "empty"}
	}
	return counted(0, int64(count))
}

// lists names what is in a directory: "lists PATH".
func lists(words []string) outcome {
	entries, err := os.ReadDir(words[0])
	if err != nil {
		return failed(err)
	}
	if len(entries) == 0 {
		return outcome{Word: "empty"}
	}
	return counted(0, int64(len(entries)))
}

// creates makes a new file: "creates PATH".
func creates(words []string) outcome {
	file, err := os.OpenFile(words[0], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		_ = file.Close()
		err = os.Remove(words[0])
	}
	return failed(err)
}

func symlinks(words []string) outcome { return failed(os.Symlink(words[0], words[1])) }
func renames(words []string) outcome  { return failed(os.Rename(words[0], words[1])) }
func removes(words []string) outcome  { return failed(os.Remove(words[0])) }
func chmods(words []string) outcome   { return failed(os.Chmod(words[0], 0o777)) }

// mknods makes a special file: "mknods PATH MODE MAJOR MINOR".
func mknods(words []string) outcome {
	mode, _ := strconv.ParseUint(words[1], 0, 32)
	major, _ := strconv.Atoi(words[2])
	minor, _ := strconv.Atoi(words[3])
	err := syscall.Mknod(words[0], uint32(mode), major<<8|minor)
	if err == nil {
		_ = os.Remove(words[0])
	}
	return failed(err)
}

// connects connects to a socket: "connects NETWORK ADDRESS". An address that begins with @ is abstract.
func connects(words []string) outcome {
	conn, err := net.DialTimeout(words[0], words[1], 3*time.Second)
	if err == nil && strings.HasPrefix(words[0], "udp") {
		_, err = conn.Write([]byte("?"))
	}
	return failed(err)
}

// binds listens on a socket: "binds NETWORK ADDRESS".
func binds(words []string) outcome {
	_, err := net.Listen(words[0], words[1])
	return failed(err)
}

// runs copies this program to a place where it may write, and starts it there: "runs PATH".
func runs(words []string) outcome {
	program, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(words[0], program, 0o700)
	}
	if err != nil {
		return outcome{Word: "not written: " + failed(err).Word}
	}
	defer os.Remove(words[0])
	return try([]string{"as", words[0], "identity"})
}

// interfaces names the network interfaces.
func interfaces([]string) outcome {
	content, err := os.ReadFile("/proc/net/dev")
	if err != nil {
		return failed(err)
	}
	var found []string
	for _, line := range strings.Split(string(content), "\n") {
		if name, _, ok := strings.Cut(line, ":"); ok {
			found = append(found, strings.TrimSpace(name))
		}
	}
	return outcome{Word: strings.Join(found, " ")}
}

// writable looks for a directory or file that can be written, other than under the given places: "writable PLACE…".
func writable(places []string) outcome {
	found := outcome{Word: "none"}
	places = append(places, "/proc", "/dev") // proc is of processes; dev has devices of its own, for which there are cases
	_ = filepath.WalkDir("/", func(path string, entry os.DirEntry, err error) error {
		if err != nil || slices.Contains(places, path) {
			return filepath.SkipDir
		}
		state, err := os.Lstat(path) // not the entry's own type: what is masked is not what its directory says
		if err == nil && state.Mode()&(os.ModeSymlink|os.ModeDevice) == 0 && syscall.Access(path, 2) == nil {
			found = outcome{Word: path, Count: found.Count + 1}
		}
		return nil
	})
	return found
}

// leaks looks for text in what the kernel tells of every process but this one: "leaks TEXT".
func leaks(words []string) outcome {
	files, _ := filepath.Glob("/proc/[0-9]*/*")
	own := fmt.Sprintf("/proc/%d/", os.Getpid())
	for _, path := range files {
		telling := slices.Contains([]string{"environ", "cmdline", "mountinfo", "maps", "cgroup"}, filepath.Base(path))
		if !telling || strings.HasPrefix(path, own) {
			continue
		}
		if content, err := os.ReadFile(path); err == nil && strings.Contains(string(content), words[0]) {
			return outcome{Word: path}
		}
	}
	return outcome{Word: "none"}
}

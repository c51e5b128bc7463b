package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// lookup asks for a name's addresses as any library does.
func lookup(o order) any {
	found, err := net.LookupHost(o.Text)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"addresses": found}
}

// person tells who the program is by the files of /etc.
func person(order) any {
	found, err := user.LookupId(strconv.Itoa(os.Getuid()))
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	group, err := user.LookupGroupId(strconv.Itoa(os.Getgid()))
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"name": found.Username, "home": found.HomeDir, "group": group.Name, "USER": os.Getenv("USER")}
}

// put writes a file, and tells why it cannot; told to, it starts what it has written.
func put(o order) any {
	if err := os.WriteFile(o.Path, o.Bytes, 0o700); err != nil {
		return map[string]any{"error": err.Error()}
	}
	if o.Text == "start" {
		if err := exec.Command(o.Path).Run(); err != nil {
			return map[string]any{"error": err.Error()}
		}
	}
	content, err := os.ReadFile(o.Path)
	return map[string]any{"bytes": len(content), "failed": fmt.Sprint(err)}
}

// await sleeps until it is asked to end, and then ends with Code, after some milliseconds.
func await(o order) any {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	time.Sleep(time.Duration(o.Milli) * time.Millisecond)
	fmt.Fprint(os.Stderr, "asked to end")
	if o.Code != 0 {
		os.Exit(o.Code)
	}
	return map[string]any{"asked": true}
}

// serve is its own server on localhost, and its caller, by a library that knows the proxy's variables.
func serve(order) any {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "own") }))
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	answer, err := http.Get("http://localhost:" + port + "/")
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	content, _ := io.ReadAll(answer.Body)
	return map[string]any{"status": answer.StatusCode, "text": string(content)}
}

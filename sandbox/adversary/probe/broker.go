package main

import (
	"encoding/base64"
	"io"
	"net"
	"strings"
	"time"
)

// tells says something to the broker, to the byte; the outcome is the status of its answer, or "ended": "tells BASE64".
func tells(words []string) outcome {
	message, err := base64.StdEncoding.DecodeString(words[0])
	if err != nil {
		return failed(err)
	}
	conn, err := net.Dial("unix", "/gate/egress.sock")
	if err != nil {
		return failed(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(message); err != nil {
		return failed(err)
	}
	_ = conn.(*net.UnixConn).CloseWrite()
	answer, _ := io.ReadAll(io.LimitReader(conn, 4096))
	parts := strings.Fields(string(answer))
	if len(parts) < 2 {
		return outcome{Word: "ended"}
	}
	return outcome{Word: parts[1]}
}

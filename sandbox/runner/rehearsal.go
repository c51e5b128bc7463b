package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"time"
)

// What a rehearsal is about. It goes nowhere.
const (
	rehearsedJob = `{"method":"GET","url":"http://rehearsal.invalid/","headers":[["accept","*/*"]],"timeout_ms":1000,"response_bytes":9,"send_within_ms":1000}`
	rehearsedEnd = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
)

// rehearse does a job without a gateway. What Go does for the first time, it does slowly: it finds out how a type is written as JSON, and
// the kernel brings in each page of code and of memory. In a new box every job would be the first.
func rehearse() {
	job, flaw := parseJob([]byte(rehearsedJob))
	if flaw != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	discarding := &channel{out: bufio.NewWriterSize(io.Discard, chunk)}
	work := newAttempt(newSession(discarding, ctx, true), job)
	first := work.first()
	request := first.write(nil)
	near, far := net.Pipe()
	go answerOnce(far)
	if work.ask() == nil && work.exchange(near, first, request) == nil {
		_ = discarding.sendJSON(end, ending{Phases: work.watch.phases()})
	}
}

// answerOnce is an upstream that reads one small request.
func answerOnce(conn net.Conn) {
	defer conn.Close()
	if _, err := conn.Read(make([]byte, chunk)); err == nil {
		_, _ = io.WriteString(conn, rehearsedEnd)
	}
}

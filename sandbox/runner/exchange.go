package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
)

const (
	longestHead  = 256 << 10
	chunk        = 32 << 10
	mostInterims = 8    // 1xx answers before the real one
	mostHeaders  = 1024 // of an answer: the gateway takes no more of a box
)

// compose writes the request out, with each credential in its place. The headers go out as the job has them, in its order.
func (a *attempt) compose(found credentials) net.Buffers {
	request := &outgoing{a.Method, a.origin.header, a.target, slices.Clone(a.Headers), a.body}
	found.put(request)
	return request.write(a.HasBody)
}

// exchange sends the request and streams the answer to the gateway. From here on, the upstream may have acted.
func (a *attempt) exchange(conn net.Conn, request net.Buffers, needles []string) *flaw {
	defer a.watch.start("exchange")()
	send(request, conn)
	bounded := &io.LimitedReader{R: conn, N: longestHead}
	answer, status, err := readHead(bufio.NewReader(bounded), a.Method)
	if err != nil && status == 0 {
		if f := a.turnedAway(conn, err); f != nil {
			return f
		}
		return a.blame(err, faultUpstreamBroke, sent, "the upstream did not give an HTTP answer")
	}
	redact := newRedactor(needles)
	// Before anything else: with its status, the request is answered, whatever becomes of the rest.
	a.tell(a.gateway.sendJSON(head, answerHead{status, headersOf(answer, redact)}))
	if err != nil {
		return a.blame(err, faultUpstreamBroke, sent, "the head of the upstream's answer ended early, or is malformed or too long")
	}
	if answer.ContentLength > a.ResponseBytes && a.Method != http.MethodHead {
		return a.tooLarge()
	}
	bounded.N = math.MaxInt64
	return a.stream(answer.Body, redact)
}

// send writes a request that the broker's socket takes at once, and a larger one beside the reading: an upstream may answer, and
// close, before it has read all of a body.
func send(request net.Buffers, conn net.Conn) {
	write := func() { _, _ = request.WriteTo(conn) }
	if len(request) > 1 {
		go write()
	} else {
		write()
	}
}

// readHead reads up to the final answer's body. Redirects are answers like any other: nothing here follows them. Where the rest of
// the head cannot be read, there is the status alone; without that, 0.
func readHead(from *bufio.Reader, method string) (*http.Response, int, error) {
	for range mostInterims {
		status, err := readStatus(from)
		if err != nil {
			return nil, 0, err
		}
		answer, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			return nil, status, err
		}
		if countHeaders(answer) > mostHeaders {
			return nil, status, fmt.Errorf("more than %d headers", mostHeaders)
		}
		if answer.StatusCode >= 200 {
			return answer, answer.StatusCode, nil
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, 0, fmt.Errorf("no final answer")
}

// readStatus gives the final status that the line ahead begins with, or 0. It takes nothing. What is shorter is no answer.
func readStatus(from *bufio.Reader) (int, error) {
	const shape = "HTTP/1.1 200 "
	line, err := from.Peek(len(shape))
	if err != nil {
		return 0, err
	}
	status, malformed := strconv.Atoi(string(line[9:12]))
	ends := strings.IndexByte(" \r\n", line[12]) >= 0
	if malformed != nil || status < 200 || !ends || line[8] != ' ' || !strings.HasPrefix(string(line), "HTTP/1.") {
		return 0, nil
	}
	return status, nil
}

func countHeaders(answer *http.Response) int {
	count := 0
	for _, values := range answer.Header {
		count += len(values)
	}
	return count
}

func headersOf(answer *http.Response, redact *redactor) [][2]string {
	headers := [][2]string{}
	if answer == nil {
		return headers
	}
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		for _, value := range answer.Header[name] {
			headers = append(headers, [2]string{strings.ToLower(name), redact.whole(value)})
		}
	}
	return headers
}

// stream passes the body on, undecoded, up to the job's bound.
func (a *attempt) stream(from io.Reader, redact *redactor) *flaw {
	buffer := make([]byte, chunk)
	for left := a.ResponseBytes; ; {
		count, err := from.Read(buffer)
		if left -= int64(count); left < 0 {
			return a.tooLarge()
		}
		a.forward(redact.feed(buffer[:count]))
		if err == io.EOF {
			a.forward(redact.rest())
			return nil
		}
		if err != nil {
			return a.blame(err, faultUpstreamBroke, sent, "the upstream's answer ended early")
		}
	}
}

func (s *session) forward(content []byte) {
	if len(content) > 0 {
		s.tell(s.gateway.send(body, content))
	}
}

// tell ends the box where the gateway cannot be told any more.
func (s *session) tell(err error) {
	if err != nil {
		os.Exit(0)
	}
}

func (a *attempt) tooLarge() *flaw {
	return &flaw{faultResponseTooLarge, sent, fmt.Sprintf("the answer is larger than %d bytes", a.ResponseBytes)}
}

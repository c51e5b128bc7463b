package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
)

const (
	longestHead  = 256 << 10
	chunk        = 32 << 10
	mostInterims = 8 // 1xx answers before the real one
)

// expectsBody names the methods whose requests say so where they have none (RFC 9110, 8.6): some servers insist.
var expectsBody = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// compose writes the request out, with the secret in its place. The headers go out as the job has them, in its order.
func (a *attempt) compose(found *secret) (net.Buffers, *flaw) {
	target, headers := a.target, slices.Clone(a.Headers)
	if found != nil {
		var f *flaw
		if target, headers, f = a.place(found, target, headers); f != nil {
			return nil, f
		}
	}
	var request bytes.Buffer
	fmt.Fprintf(&request, "%s %s HTTP/1.1\r\nHost: %s\r\n", a.Method, target, a.origin.header)
	for _, header := range headers {
		fmt.Fprintf(&request, "%s: %s\r\n", header[0], header[1])
	}
	if a.HasBody || slices.Contains(expectsBody, a.Method) {
		fmt.Fprintf(&request, "Content-Length: %d\r\n", len(a.body))
	}
	request.WriteString("Connection: close\r\n\r\n")
	if len(a.body) > chunk {
		return net.Buffers{request.Bytes(), a.body}, nil // a copy could exceed the box's memory
	}
	request.Write(a.body)
	return net.Buffers{request.Bytes()}, nil
}

func (a *attempt) place(found *secret, target string, headers [][2]string) (string, [][2]string, *flaw) {
	name := a.Secret.Name
	if !isToken(name) || framing[strings.ToLower(name)] {
		return "", nil, invalid("the secret's name cannot be a header, a cookie or a parameter")
	}
	switch a.Secret.Place {
	case "header":
		return target, append(without(headers, name), [2]string{name, found.text}), nil
	case "cookie":
		return target, addCookie(headers, name+"="+found.text), nil
	case "query":
		separator := "?"
		if strings.Contains(target, "?") {
			separator = "&"
		}
		return target + separator + name + "=" + found.text, headers, nil
	}
	return "", nil, invalid("the secret's place is not header, cookie or query")
}

func without(headers [][2]string, name string) [][2]string {
	return slices.DeleteFunc(headers, func(header [2]string) bool { return strings.EqualFold(header[0], name) })
}

// addCookie joins the one Cookie header that a request may have (RFC 6265, 5.4).
func addCookie(headers [][2]string, pair string) [][2]string {
	for i, header := range headers {
		if strings.EqualFold(header[0], "Cookie") {
			headers[i][1] = header[1] + "; " + pair
			return headers
		}
	}
	return append(headers, [2]string{"Cookie", pair})
}

// exchange sends the request and streams the answer to the gateway. From here on, the upstream may have acted.
func (a *attempt) exchange(conn net.Conn, request net.Buffers, found *secret) *flaw {
	defer a.watch.start("exchange")()
	send(request, conn)
	bounded := &io.LimitedReader{R: conn, N: longestHead}
	answer, err := readHead(bufio.NewReader(bounded), a.Method)
	if err != nil {
		return a.blame(err, faultUpstreamBroke, sent, "the upstream did not give an HTTP answer")
	}
	if answer.ContentLength > a.ResponseBytes && a.Method != http.MethodHead {
		return a.tooLarge()
	}
	bounded.N = math.MaxInt64
	redact := newRedactor(found.needles())
	a.tell(a.gateway.sendJSON(head, answerHead{answer.StatusCode, headersOf(answer, redact)}))
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

// readHead reads up to the final answer's body. Redirects are answers like any other: nothing here follows them.
func readHead(from *bufio.Reader, method string) (*http.Response, error) {
	for range mostInterims {
		answer, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil || answer.StatusCode >= 200 {
			return answer, err
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, fmt.Errorf("no final answer")
}

func headersOf(answer *http.Response, redact *redactor) [][2]string {
	headers := [][2]string{}
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

func (a *attempt) forward(content []byte) {
	if len(content) > 0 {
		a.tell(a.gateway.send(body, content))
	}
}

// tell ends the box where the gateway cannot be told any more.
func (a *attempt) tell(err error) {
	if err != nil {
		os.Exit(0)
	}
}

func (a *attempt) tooLarge() *flaw {
	return &flaw{faultResponseTooLarge, sent, fmt.Sprintf("the answer is larger than %d bytes", a.ResponseBytes)}
}

package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// outgoing is a request that is about to be written: all of it that a credential may read and change.
type outgoing struct {
	method  string
	host    string // as the Host header has it
	target  string // the path and the query, as the request line has them
	headers [][2]string
	body    []byte   // of a program's request that nothing signs, whose body is still to come, nil
	passes  bool     // its body is still to come, from an artifact
	made    []string // what a credential has made for this request alone, and must not come back
}

// setHeader puts a header in the place of any that has its name.
func (o *outgoing) setHeader(name, text string) {
	others := slices.DeleteFunc(o.headers, func(header [2]string) bool { return strings.EqualFold(header[0], name) })
	o.headers = append(others, [2]string{name, text})
}

// addCookie joins the one Cookie header that a request may have (RFC 6265, 5.4).
func (o *outgoing) addCookie(pair string) {
	var cookies []string
	for _, header := range o.headers {
		if strings.EqualFold(header[0], "Cookie") {
			cookies = append(cookies, header[1])
		}
	}
	o.setHeader("Cookie", strings.Join(append(cookies, pair), "; "))
}

func (o *outgoing) addToQuery(pair string) {
	switch {
	case strings.HasSuffix(o.target, "?"):
	case strings.Contains(o.target, "?"):
		o.target += "&"
	default:
		o.target += "?"
	}
	o.target += pair
}

// expectsBody names the methods whose requests say so where they have none (RFC 9110, 8.6): some servers insist.
var expectsBody = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// write gives the bytes of the request, in one piece unless the body is large. `streamed`: how many bytes of it are still to come.
func (o *outgoing) write(hasBody bool, streamed int64) net.Buffers {
	var request bytes.Buffer
	fmt.Fprintf(&request, "%s %s HTTP/1.1\r\nHost: %s\r\n", o.method, o.target, o.host)
	for _, header := range o.headers {
		fmt.Fprintf(&request, "%s: %s\r\n", header[0], header[1])
	}
	if hasBody || slices.Contains(expectsBody, o.method) {
		fmt.Fprintf(&request, "Content-Length: %d\r\n", int64(len(o.body))+streamed)
	}
	request.WriteString("Connection: close\r\n\r\n")
	if len(o.body) > chunk {
		return net.Buffers{request.Bytes(), o.body} // a copy could exceed the box's memory
	}
	request.Write(o.body)
	return net.Buffers{request.Bytes()}
}

package main

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	mostRedirects   = 5
	longestRedirect = 8 << 10
)

// portable are the headers that a request takes along to another origin: what it asks for, and nothing of who asks.
var portable = []string{
	"accept", "accept-encoding", "accept-language", "content-type", "if-match", "if-modified-since", "if-none-match",
	"if-unmodified-since", "range", "traceparent", "user-agent",
}

// redirects tells whether the answer sends the client elsewhere (RFC 9110, 15.4).
func (r *response) redirects() bool {
	return r.err == nil && slices.Contains([]int{301, 302, 303, 307, 308}, r.status) && r.answer.Header.Get("Location") != ""
}

// follow gives the step to which an answer redirects, or why it is not made. What acts is only sent again as it was (307, 308).
func (a *attempt) follow(asked *step, answer *http.Response, hops int, redact *redactor) (*step, string) {
	location := answer.Header.Get("Location")
	again := answer.StatusCode == http.StatusTemporaryRedirect || answer.StatusCode == http.StatusPermanentRedirect
	switch {
	case a.acts() && !again:
		return nil, "a call that acts is sent again for 307 and 308 alone"
	case a.acts() && a.ask() != nil:
		return nil, "the permission to send had ended when it came"
	case again && a.streams():
		return nil, "its body was passed on as it came, and is not here any more"
	case hops == mostRedirects:
		return nil, fmt.Sprintf("the upstream had redirected %d times before", mostRedirects)
	case len(location) > longestRedirect:
		return nil, fmt.Sprintf("its Location is longer than %d bytes", longestRedirect)
	}
	to, target, ok := asked.resolve(location)
	if !ok {
		return nil, "its Location is not an http or https URL that can be asked for"
	}
	if why := a.forbids(asked, to); why != "" {
		return nil, why
	}
	next := asked.to(to, target, again, a.Portable)
	if !next.trusted && redact.whole(location) != location {
		return nil, "its Location would carry the secret to " + to.text()
	}
	return next, ""
}

// resolve reads a Location, relative to what was asked for. Spaces and letters that no URL has are escaped, as browsers do it.
func (s *step) resolve(location string) (origin, string, bool) {
	var escaped strings.Builder
	for _, one := range []byte(location) {
		if one <= ' ' || one >= 0x7f {
			fmt.Fprintf(&escaped, "%%%02X", one)
		} else {
			escaped.WriteByte(one)
		}
	}
	absolute, err := s.address().Parse(escaped.String())
	if err != nil {
		return origin{}, "", false
	}
	absolute.Fragment, absolute.RawFragment = "", ""
	return parseURL(absolute.String())
}

// forbids says why no request may go from one origin to another. The broker has its own word about every address.
func (a *attempt) forbids(asked *step, to origin) string {
	if to.same(asked.origin) {
		return ""
	}
	if asked.origin.secure && !to.secure {
		return "it leads from https to " + to.text()
	}
	named := slices.ContainsFunc(a.Redirects, func(one string) bool {
		o, _, ok := parseURL(one)
		return ok && o.same(to)
	})
	if !named && !to.same(a.origin) {
		return "it leads to " + to.text() + ", which the tool's manifest does not name under `redirects`"
	}
	return ""
}

// to is the step that follows this one. Where the request is not to be sent again as it was, it becomes a GET, as in browsers.
// `along`: further headers that go to another origin.
func (s *step) to(there origin, target string, again bool, along []string) *step {
	next := *s
	next.origin, next.target, next.redirected = there, target, true
	next.headers = slices.Clone(s.headers)
	if !there.same(s.origin) {
		next.trusted = false
		next.headers = slices.DeleteFunc(next.headers, func(header [2]string) bool {
			return !slices.Contains(portable, strings.ToLower(header[0])) && !slices.Contains(along, header[0])
		})
	}
	if !again && s.method != http.MethodGet && s.method != http.MethodHead {
		next.method, next.hasBody, next.body, next.streamed = http.MethodGet, false, nil, 0
		next.headers = slices.DeleteFunc(next.headers, func(header [2]string) bool {
			return strings.HasPrefix(strings.ToLower(header[0]), "content-")
		})
	}
	return &next
}

// reach connects to where a step goes. The request before it was answered, so what fails here leaves that answer.
func (a *attempt) reach(next *step) (net.Conn, string) {
	confirmed := *a.session
	confirmed.unasked = false
	a.wanted = false
	began := time.Now()
	conn, f := confirmed.connectBy(a.tlsOf(next), next.origin, faultUpstreamUnreachable)
	if f == nil {
		if f = a.awaitVerdict(conn, next, time.Since(began)); f != nil {
			_ = conn.Close()
		}
	}
	if f != nil {
		return nil, "it leads to " + next.origin.text() + ": " + f.message
	}
	return conn, ""
}

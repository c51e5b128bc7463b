package main

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// step is one request of the job: its own, or one to which the upstream has redirected it.
type step struct {
	method     string
	origin     origin
	target     string
	headers    [][2]string
	hasBody    bool
	body       []byte
	streamed   int64 // bytes of a body that is still to come, in the place of `body`
	redirected bool
	trusted    bool     // at the job's own origin, and never at another one: the credential goes along
	made       []string // of its credentials, once it is written, for it and for those that led to it: must not come back
}

func (a *attempt) first() *step {
	headers := slices.Clone(a.Headers)
	if !hasHeader(headers, "Accept-Encoding") {
		headers = append(headers, [2]string{"Accept-Encoding", "identity"}) // what is coded has to be decoded before it is searched
	}
	return &step{method: a.Method, origin: a.origin, target: a.target, headers: headers, hasBody: a.HasBody, body: a.body, streamed: a.BodyBytes, trusted: true}
}

// write gives the bytes of the request, with each credential in its place. The headers go out as the job has them, in its order.
func (s *step) write(found credentials) net.Buffers {
	request := &outgoing{
		method: s.method, host: s.origin.header, target: s.target, headers: slices.Clone(s.headers), body: s.body, passes: s.streamed > 0,
	}
	if s.trusted {
		found.put(request)
	}
	s.made = slices.Concat(s.made, request.made)
	return request.write(s.hasBody, s.streamed)
}

// url is what the step asks for, without its credential.
func (s *step) url() string { return s.origin.scheme() + "://" + s.origin.header + s.target }

// address is the same as a base for what is relative to it.
func (s *step) address() *url.URL {
	address, err := url.Parse(s.url())
	if err != nil {
		return &url.URL{}
	}
	return address
}

func hasHeader(headers [][2]string, name string) bool {
	return slices.ContainsFunc(headers, func(header [2]string) bool { return strings.EqualFold(header[0], name) })
}

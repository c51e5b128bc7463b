package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// rewrite aims the request where its URL says. One for the credential's host gets the secret, and TLS where the host has it.
func (e *execution) rewrite(request *httputil.ProxyRequest) {
	out := request.Out
	if !e.injects(out.URL) {
		return
	}
	out.URL.Host = e.job.CredentialHost
	if e.job.CredentialTLS {
		out.URL.Scheme = "https"
	}
	out.Host = hostHeader(out.URL)
	out.Header.Set("Accept-Encoding", "identity") // what is compressed cannot be searched for the secret
	made, err := e.credentials.addTo(out)
	if err != nil {
		gone, stop := context.WithCancelCause(out.Context())
		stop(err)
		request.Out = out.WithContext(gone)
		return
	}
	request.Out = out.WithContext(context.WithValue(out.Context(), madeKey{}, made))
}

// madeKey is that of what was made for a request alone, in its context.
type madeKey struct{}

// injects tells whether a request is for the credential's host: by its name, and by the port where it gives one.
func (e *execution) injects(target *url.URL) bool {
	host, port, err := net.SplitHostPort(e.job.CredentialHost)
	if len(e.credentials) == 0 || err != nil {
		return false
	}
	return strings.EqualFold(target.Hostname(), host) && (target.Port() == "" || target.Port() == port)
}

// hostHeader is the authority as clients write it: without the port that the scheme implies.
func hostHeader(target *url.URL) string {
	implied := map[string]string{"http": ":80", "https": ":443"}[target.Scheme]
	return strings.TrimSuffix(target.Host, implied)
}

// inspect keeps the secret from coming back to the program.
func (e *execution) inspect(answer *http.Response) error {
	if len(e.credentials) == 0 {
		return nil
	}
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return errors.New("the answer is compressed, and cannot be searched for the secret")
	}
	made, _ := answer.Request.Context().Value(madeKey{}).([]string)
	redact := newRedactor(append(e.credentials.needles(), made...), e.credentials.halved())
	for name, values := range answer.Header {
		for i, value := range values {
			answer.Header[name][i] = redact.whole(value)
		}
	}
	answer.Trailer = nil
	answer.Header.Del("Content-Length") // a redaction changes it
	answer.ContentLength = -1
	answer.Body = &redactedBody{answer.Body, redact, nil, nil}
	return nil
}

// redactedBody is an answer's body without the secret.
type redactedBody struct {
	source io.ReadCloser
	redact *redactor
	ready  []byte
	ended  error // io.EOF, or why it broke off
}

func (b *redactedBody) Read(into []byte) (int, error) {
	for len(b.ready) == 0 {
		if b.ended != nil {
			return 0, b.ended
		}
		buffer := make([]byte, chunk)
		count, err := b.source.Read(buffer)
		b.ready = b.redact.feed(buffer[:count])
		if err != nil { // what was held back comes first, however the body ends
			b.ready, b.ended = append(b.ready, b.redact.rest()...), err
		}
	}
	count := copy(into, b.ready)
	b.ready = b.ready[count:]
	return count, nil
}

func (b *redactedBody) Close() error { return b.source.Close() }

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// authorityBundle is where the gateway has put the authorities that it trusts: beside the runner where that is mounted into a tool
// author's image, and else in the runner's own image.
func authorityBundle() string {
	const mounted = "/callgate/ca-certificates.crt"
	if _, err := os.Stat(mounted); err == nil {
		return mounted
	}
	return "/etc/ssl/certs/ca-certificates.crt"
}

// authorities are those who may vouch for an upstream: the gateway's bundle, and nobody else.
var authorities = sync.OnceValue(func() *x509.CertPool {
	pool := x509.NewCertPool()
	if bundle, err := os.ReadFile(authorityBundle()); err == nil {
		pool.AppendCertsFromPEM(bundle)
	}
	return pool
})

// connect reaches o through the broker. Whatever fails here, nothing of the request has been sent.
func (a *attempt) connect(o origin, fault string) (net.Conn, *flaw) {
	conn, f := a.tunnel(o.authority(), fault)
	if f != nil || !o.secure {
		return conn, f
	}
	secured := tls.Client(conn, &tls.Config{
		RootCAs:    authorities(),
		ServerName: o.host,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
	})
	if err := secured.HandshakeContext(a.ctx); err != nil {
		return nil, a.blame(err, fault, notSent, fmt.Sprintf("no TLS with %s: %v", o.authority(), err))
	}
	return secured, nil
}

// spare is a connection to the broker that was made before there was a job, for whoever asks first.
var spare atomic.Pointer[net.Conn]

func connectBroker() {
	if conn, err := net.Dial("unix", egressSocket); err == nil {
		spare.Store(&conn)
	}
}

func dialBroker() (net.Conn, error) {
	if conn := spare.Swap(nil); conn != nil {
		return *conn, nil
	}
	return net.Dial("unix", egressSocket)
}

// tunnel asks the broker for a connection.
func (a *attempt) tunnel(authority, fault string) (net.Conn, *flaw) {
	conn, err := dialBroker()
	if err != nil {
		return nil, unsent("EGRESS_DENIED", "the broker is not there")
	}
	deadline, _ := a.ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, connectLine(authority)); err != nil {
		return nil, a.blame(err, "EGRESS_DENIED", notSent, "the broker closed the connection")
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, a.blame(err, "EGRESS_DENIED", notSent, "the broker closed the connection")
	}
	if answer.StatusCode == http.StatusOK {
		return &tunnelled{conn, reader}, nil
	}
	if answer.StatusCode == http.StatusForbidden {
		fault = "EGRESS_DENIED"
	}
	return nil, unsent(fault, reason(answer))
}

func connectLine(authority string) string {
	return fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority, authority)
}

// reason is the broker's own explanation.
func reason(answer *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	return strings.TrimSpace(string(text))
}

// tunnelled is a connection of which the first bytes may have been read already.
type tunnelled struct {
	net.Conn
	reader *bufio.Reader
}

func (t *tunnelled) Read(into []byte) (int, error) { return t.reader.Read(into) }

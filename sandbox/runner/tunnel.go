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
	"time"
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

// bundled are the authorities of the bundle as it was when it was read.
var bundled struct {
	sync.Mutex
	pool    *x509.CertPool
	version time.Time
	size    int64
}

// authorities may vouch for an upstream: those in the gateway's bundle, and no others. The gateway may have put another one beside the
// runner while the box waited.
func authorities() *x509.CertPool {
	bundled.Lock()
	defer bundled.Unlock()
	found, err := os.Stat(authorityBundle())
	if err != nil {
		return x509.NewCertPool()
	}
	if bundled.pool == nil || !found.ModTime().Equal(bundled.version) || found.Size() != bundled.size {
		bundled.pool, bundled.version, bundled.size = readBundle(), found.ModTime(), found.Size()
	}
	return bundled.pool
}

func readBundle() *x509.CertPool {
	pool := x509.NewCertPool()
	if bundle, err := os.ReadFile(authorityBundle()); err == nil {
		pool.AppendCertsFromPEM(bundle)
	}
	return pool
}

// connectBy reaches o through the broker. Whatever fails here, nothing of the request has been sent. Where TLS, or a request that need
// not ask, is the next to be written, the broker's answer is not waited for: it comes before the first byte from o.
func (s *session) connectBy(config *tls.Config, o origin, fault string) (net.Conn, *flaw) {
	if !o.secure && !s.unasked {
		return s.tunnel(o.authority(), fault)
	}
	conn, f := s.enter(o.authority(), fault)
	if f != nil || !o.secure {
		return conn, f
	}
	config.ServerName, config.MinVersion, config.NextProtos = o.host, tls.VersionTLS12, []string{"http/1.1"}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(s.ctx); err != nil {
		return nil, s.blame(err, fault, notSent, fmt.Sprintf("no TLS with %s: %v", o.authority(), err))
	}
	return secured, nil
}

// spare is a connection to the broker that was made before there was a job. The first that needs one takes it.
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

// tunnel asks the broker for a connection, and waits for the answer.
func (s *session) tunnel(authority, fault string) (net.Conn, *flaw) {
	t, f := s.enter(authority, fault)
	if f != nil {
		return nil, f
	}
	_, err := t.Write(nil)
	if err == nil {
		err = t.confirm()
	}
	if err != nil {
		return nil, s.blame(err, faultEgressDenied, notSent, "the broker closed the connection")
	}
	return t, nil
}

// enter prepares to ask the broker for a connection: it is asked with the first bytes that are written, in one piece.
func (s *session) enter(authority, fault string) (*tunnelled, *flaw) {
	conn, err := dialBroker()
	if err != nil {
		return nil, unsent(faultBoxDied, "the broker is not there")
	}
	deadline, _ := s.ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	return &tunnelled{Conn: conn, fault: fault, question: connectLine(authority), reader: bufio.NewReader(conn)}, nil
}

func connectLine(authority string) []byte {
	return fmt.Appendf(nil, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority, authority)
}

// reason is the broker's own explanation.
func reason(answer *http.Response) string {
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	return strings.TrimSpace(string(text))
}

// tunnelled is a connection that begins with a question to the broker and its answer. One may read and another write at one time.
type tunnelled struct {
	net.Conn
	fault    string
	question []byte // until it is written
	reader   *bufio.Reader
	answered bool
}

func (t *tunnelled) Write(content []byte) (int, error) {
	if t.question == nil {
		return t.Conn.Write(content)
	}
	before := len(t.question)
	count, err := t.Conn.Write(append(t.question, content...))
	t.question = nil
	return max(0, count-before), err
}

// Read fails with a refused where the broker opened no way.
func (t *tunnelled) Read(into []byte) (int, error) {
	if !t.answered {
		if err := t.confirm(); err != nil {
			return 0, err
		}
	}
	return t.reader.Read(into)
}

// confirm reads the broker's answer.
func (t *tunnelled) confirm() error {
	t.answered = true
	answer, err := http.ReadResponse(t.reader, &http.Request{Method: http.MethodConnect})
	if err != nil || answer.StatusCode == http.StatusOK {
		return err
	}
	if answer.StatusCode == http.StatusForbidden {
		t.fault = faultEgressDenied
	}
	return refused{unsent(t.fault, reason(answer))}
}

// refused is the broker's no, where it comes as an error of the connection.
type refused struct{ flaw *flaw }

func (r refused) Error() string { return r.flaw.message }

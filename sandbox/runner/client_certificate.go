package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
)

// readCertificate makes a certificate of the two fields of a secret: PEM, the certificate with those that vouch for it behind it, and
// its private key, which stays in this process.
func readCertificate(ref *secretRef, values []string) (*tls.Certificate, *flaw) {
	if len(values) != 2 {
		return nil, invalid("a client certificate is made of two fields of a secret")
	}
	if strings.Contains(values[1], "ENCRYPTED") {
		return nil, unsent(faultSecretUnavailable, ref.Path+" has a private key that is encrypted: store it without a password")
	}
	found, err := tls.X509KeyPair([]byte(values[0]), []byte(values[1]))
	if err != nil {
		return nil, unsent(faultSecretUnavailable, fmt.Sprintf("%s has no certificate with its private key, as PEM: %v", ref.Path, err))
	}
	return &found, nil
}

// keyNeedles are the forms in which a private key might be told: as it is stored, on one line, and without the lines around it.
func keyNeedles(stored string) []string {
	key := strings.TrimSpace(stored)
	inner := slices.DeleteFunc(strings.Split(key, "\n"), func(line string) bool { return strings.HasPrefix(line, "-----") })
	body := strings.Join(inner, "\n")
	return append(echoes(key), body, strings.ReplaceAll(body, "\n", ""))
}

// tlsOfUpstream is how the upstream is spoken to: whom the box believes, and what it shows where it is asked.
func (a *attempt) tlsOfUpstream() *tls.Config {
	return &tls.Config{RootCAs: a.trusted(), GetClientCertificate: a.show}
}

// tlsOf is the same for a step. Only the job's own origin is shown the certificate. Another one that asks for one is noticed, too: it
// may refuse the handshake after its end.
func (a *attempt) tlsOf(s *step) *tls.Config {
	if s.trusted {
		return a.tlsOfUpstream()
	}
	return &tls.Config{RootCAs: a.trusted(), GetClientCertificate: a.showNone}
}

func (a *attempt) showNone(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	a.wanted = true
	return &tls.Certificate{}, nil
}

// trusted are the authorities that may vouch for the upstream: those of the bundle, and the job's own.
func (a *attempt) trusted() *x509.CertPool {
	if a.Authorities == "" {
		return authorities()
	}
	pool := authorities().Clone()
	pool.AppendCertsFromPEM([]byte(a.Authorities))
	return pool
}

// show is called where the upstream's TLS asks for a certificate. What a box shows, the broker cannot tell from a request by its
// length: so the permission is asked for first.
func (a *attempt) show(asked *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if a.Certificate == nil {
		return a.showNone(asked)
	}
	a.wanted = true
	select {
	case <-a.goods.there:
	case <-a.ctx.Done():
		return nil, a.ctx.Err()
	}
	if f := firstFlaw(a.goods.flaw, a.ask); f != nil {
		return nil, refused{f}
	}
	return a.goods.certificate, nil
}

func firstFlaw(found *flaw, next func() *flaw) *flaw {
	if found != nil {
		return found
	}
	return next()
}

// For how long an upstream that has asked for a certificate may be silent, until the request is sent all the same: four times as long
// as the handshake took, and a moment. One that sends no session ticket says nothing where all is well.
const (
	verdictMoment  = 100 * time.Millisecond
	longestVerdict = time.Second
)

const (
	recordHeader     = 5
	hiddenAlert      = 2 + 17 // the length of a record of TLS 1.3 that has an alert in it
	certificateAsked = "the upstream asks for a client certificate, and the tool has none: name one by client_certificate in the manifest"
	certificateKept  = "it asks for a client certificate, and that of the tool is shown to the tool's own origin alone"
)

// awaitVerdict waits for the upstream's word on the certificate, where TLS 1.3 has it come after the handshake. What is sent before it
// may be lost with the connection, and then nothing is known of it.
func (a *attempt) awaitVerdict(conn net.Conn, s *step, took time.Duration) *flaw {
	secured, isTLS := conn.(*tls.Conn)
	if !isTLS || !a.wanted || a.unasked || secured.ConnectionState().Version != tls.VersionTLS13 {
		return nil
	}
	line := secured.NetConn().(*tunnelled)
	deadline, _ := a.ctx.Deadline()
	defer line.SetReadDeadline(deadline)
	_ = line.SetReadDeadline(time.Now().Add(min(longestVerdict, verdictMoment+4*took)))
	header, err := line.reader.Peek(recordHeader)
	if errors.Is(err, os.ErrDeadlineExceeded) || err == nil && int(header[3])<<8|int(header[4]) != hiddenAlert {
		return nil
	}
	if _, err = secured.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return a.noTLS(s, err)
}

// noTLS is what becomes of a step whose certificate the upstream has refused.
func (a *attempt) noTLS(s *step, err error) *flaw {
	return unsent(faultUpstreamUnreachable, fmt.Sprintf("no TLS with %s: %s", s.origin.authority(), a.ofCertificate(s, err)))
}

// withCure adds what may be done where the handshake ended after the upstream had asked for a certificate.
func (a *attempt) withCure(f *flaw) *flaw {
	if a.wanted && a.Certificate == nil && f.fault == faultUpstreamUnreachable {
		f.message += "; " + certificateAsked
	}
	return f
}

// ofCertificate is why the upstream has hung up, with what may be done about it.
func (a *attempt) ofCertificate(s *step, err error) string {
	cause := "the upstream hung up"
	if err != nil && alertOf(err) >= 0 {
		cause = err.Error()
	}
	switch {
	case a.Certificate == nil:
		return cause + "; " + certificateAsked
	case !s.trusted:
		return cause + "; " + certificateKept
	}
	return cause + "; it does not take the client certificate in " + a.Certificate.References[0].Path
}

// refusals13 are the alerts by which a server of TLS 1.3 refuses a certificate, or its signature: RFC 8446, 6.2. It has read nothing of
// what follows then, for it has no key yet.
var refusals13 = []int{40, 42, 43, 44, 45, 46, 48, 49, 51, 116}

// turnedAway tells whether the first that came back for the request is such an alert, so that the upstream has provably not read it.
// The broker, which sees that no more than an alert came, has the last word.
func (a *attempt) turnedAway(conn net.Conn, s *step, err error) *flaw {
	secured, isTLS := conn.(*tls.Conn)
	if !isTLS || !a.wanted || secured.ConnectionState().Version != tls.VersionTLS13 || !slices.Contains(refusals13, alertOf(err)) {
		return nil
	}
	return a.noTLS(s, err)
}

// alertOf is the number of the alert that the other side has sent, or -1. The library does not export its type.
func alertOf(err error) int {
	told := (*net.OpError)(nil)
	if !errors.As(err, &told) || told.Op != "remote error" {
		return -1
	}
	if number := reflect.ValueOf(told.Err); number.Kind() == reflect.Uint8 {
		return int(number.Uint())
	}
	return -1
}

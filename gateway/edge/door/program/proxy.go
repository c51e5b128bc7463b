package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// headerBytes are those of a request's fields, 32 for each beside its name and value: RFC 9113, section 10.5.1. gRPC's own bound
	// is 8 kB; some tokens are long. Beyond readHeaderBytes the connection may end; what is between is refused, and harms no other
	// request.
	headerBytes, readHeaderBytes = 16 << 10, 64 << 10
	// Streams of one connection.
	mostStreams = 256
	// Of a connection's, and of one stream's, messages this much waits here until the gateway takes it. So many streams as fit in a
	// connection's can be kept waiting by the gateway, and its other requests go on; a proxy's connection has those of many clients.
	fromConnection, fromStream = 2 << 20, 64 << 10
	// Of a stream's answers this much waits here until the client takes it.
	toStream = 32 << 10
	// Balancers that see no more than packets end a quiet connection after 30 s and more.
	pingAfter = 20 * time.Second

	peerField, typeField, statusField, messageField = "Callgate-Peer", "Content-Type", "Grpc-Status", "Grpc-Message"
	grpcType                                        = "application/grpc"
	ours                                            = "/callgate."
	usage                                           = "this is a gRPC server, which speaks HTTP/2"
	// Statuses of gRPC.
	exhausted, unavailable, unauthenticated = "8", "14", "16"
	cutMessage, longMessage                 = "the gateway does not answer", "the metadata is longer than 16 kB"
)

func newServer() *http.Server {
	return &http.Server{
		Handler: newHandler(),
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, conn)
		},
		Protocols:         onlyHTTP2(), // TLS is the connection's own matter
		MaxHeaderBytes:    readHeaderBytes,
		ReadHeaderTimeout: 10 * time.Second,
		// No IdleTimeout: its timer is set again when a connection ends whose streams were open, and keeps all of that connection in
		// memory until it fires (net/http of Go 1.27). Peers that are gone answer no ping.
		ErrorLog: log.New(io.Discard, "", 0), // strangers' doings; floods are told
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          mostStreams,
			MaxReadFrameSize:              16 << 10, // each connection has a buffer for one
			MaxReceiveBufferPerConnection: fromConnection,
			MaxReceiveBufferPerStream:     fromStream,
			SendPingTimeout:               pingAfter,
			PingTimeout:                   pingAfter,
		},
	}
}

func onlyHTTP2() *http.Protocols {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return protocols
}

type connectionKey struct{}

func connectionOf(ctx context.Context) *connection { return ctx.Value(connectionKey{}).(*connection) }

// passage is a request's: the way that it takes, and what ends its arrival.
type passage struct {
	transport *http.Transport
	arrived   func()
}

type passageKey struct{}

func passageOf(request *http.Request) passage { return request.Context().Value(passageKey{}).(passage) }

type ownWay struct{}

func (ownWay) RoundTrip(request *http.Request) (*http.Response, error) {
	return passageOf(request).transport.RoundTrip(request)
}

// streams that are open.
var streams atomic.Int64

// newHandler passes requests of gRPC on, and refuses others.
func newHandler() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:        readdress,
		Transport:      ownWay{},
		FlushInterval:  -1, // each message as it comes
		BufferPool:     newBuffers(),
		ModifyResponse: asTrailers,
		ErrorHandler:   answerUnavailable,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost || !strings.HasPrefix(request.Header.Get(typeField), grpcType) {
			http.Error(writer, usage, http.StatusUnsupportedMediaType)
			return
		}
		c, length := connectionOf(request.Context()), headerLength(request)
		if length > headerBytes {
			answerStatus(writer, exhausted, longMessage)
			return
		}
		c.meter.repay(length)
		streams.Add(1)
		defer streams.Add(-1)
		if c.refuseResting(writer, request) {
			return
		}
		arrived := c.gate.arrivals.enter(request.Context(), c.gate.lineOf(c, strings.HasPrefix(request.URL.Path, ours)))
		if arrived == nil {
			return
		}
		if c.refuseResting(writer, request) { // those before it in line were refused meanwhile
			arrived()
			return
		}
		if transport := c.way.enter(); transport != nil {
			defer c.way.leave()
			through := context.WithValue(request.Context(), passageKey{}, passage{transport, arrived})
			pass(proxy, c.meter, writer, request.WithContext(through))
		}
	})
}

// headerLength counts 32 bytes beside each field, as the RFC does.
func headerLength(request *http.Request) int {
	length := len(request.RequestURI) + len(request.Host)
	for name, values := range request.Header {
		for _, value := range values {
			length += len(name) + len(value) + 32
		}
	}
	return length
}

func pass(proxy http.Handler, meter *meter, writer http.ResponseWriter, request *http.Request) {
	writer.Header()["Date"] = nil // metadata is the gateway's own
	sent := newBody(request.Body)
	request.Body = sent
	proxy.ServeHTTP(&earning{writer, meter}, request)
	sent.takeRest()
	if request.Context().Err() == nil {
		meter.earn(forAnswer)
	}
}

func readdress(request *httputil.ProxyRequest) {
	request.Out.URL.Scheme, request.Out.URL.Host, request.Out.Host = "http", "gateway", request.In.Host
	request.Out.Header.Set(peerField, connectionOf(request.In.Context()).peer)
	if _, told := request.In.Header["User-Agent"]; !told {
		request.Out.Header["User-Agent"] = nil
	}
}

// earning counts what a client is answered in favour of its connection.
type earning struct {
	http.ResponseWriter
	meter *meter
}

func (e *earning) Write(content []byte) (int, error) {
	e.meter.earn(forMessage + float64(len(content))/bytesForOne)
	return e.ResponseWriter.Write(content)
}

func (e *earning) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// asTrailers lets every answer end with trailers. One that has no message has its status among its headers, which clients take for a
// status only where the same frame ends the stream; and one that the gateway does not end has none.
func asTrailers(response *http.Response) error {
	passageOf(response.Request).arrived()
	var status http.Header
	if _, told := response.Header[statusField]; told {
		status, response.Header = response.Header, http.Header{typeField: response.Header[typeField]}
		delete(status, typeField)
		if status.Get(statusField) == unauthenticated {
			connectionOf(response.Request.Context()).refused()
		}
	}
	response.Body = &answer{response.Body, response, status}
	return nil
}

// answer is the body of one. ReverseProxy looks at the trailers when that has ended.
type answer struct {
	io.ReadCloser
	response *http.Response
	status   http.Header // nil: it comes in trailers, or not at all
}

// known tells the gate of a client that the gateway knows: ours are the methods that need a token.
func (a *answer) known(message bool) {
	request, status := a.response.Request, a.response.Trailer.Get(statusField)
	if strings.HasPrefix(request.URL.Path, ours) && (message || status != "" && status != unauthenticated) {
		c := connectionOf(request.Context())
		c.gate.prove(c)
	}
}

func (a *answer) Read(into []byte) (int, error) {
	count, err := a.ReadCloser.Read(into)
	defer func() { a.known(count > 0) }()
	switch {
	case err == nil || a.response.Request.Context().Err() != nil:
		return count, err
	case a.status != nil:
		a.response.Trailer = a.status
	case !errors.Is(err, io.EOF):
		a.response.Trailer = http.Header{statusField: {unavailable}, messageField: {cutMessage}}
	}
	connectionOf(a.response.Request.Context()).gate.rests.heed(a.response.Request, a.response.Trailer)
	return count, io.EOF
}

func answerUnavailable(writer http.ResponseWriter, _ *http.Request, _ error) {
	answerStatus(writer, unavailable, cutMessage)
}

func answerStatus(writer http.ResponseWriter, status, message string) {
	header := writer.Header()
	header.Set(typeField, grpcType)
	header.Set(http.TrailerPrefix+statusField, status)
	header.Set(http.TrailerPrefix+messageField, message)
	writer.WriteHeader(http.StatusOK)
}

// buffers are used again: an answer is copied in pieces.
type buffers struct{ pool sync.Pool }

func newBuffers() *buffers {
	return &buffers{sync.Pool{New: func() any { piece := make([]byte, 16<<10); return &piece }}}
}

func (b *buffers) Get() []byte      { return *b.pool.Get().(*[]byte) }
func (b *buffers) Put(piece []byte) { b.pool.Put(&piece) }

package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// mostSpareWays are kept for the next connections: to the gateway, a new one takes more than a stranger needs for his.
const mostSpareWays = 64

// A way that is given back when there are enough is not idle yet where its last stream was cancelled a moment ago: it is ended after
// that.
const endSpareAfter, endIdleAfter = time.Second, time.Minute

// ways are the door's connections to the gateway. Each belongs to one client's connection at a time: who takes no answers holds up
// no other.
type ways struct {
	gateway               string // the path of its socket
	pingAfter, pingWithin time.Duration
	spare                 chan *http.Transport
}

func newWays(gateway string, pingAfter, pingWithin time.Duration) *ways {
	return &ways{gateway, pingAfter, pingWithin, make(chan *http.Transport, mostSpareWays)}
}

func (w *ways) take() *http.Transport {
	select {
	case transport := <-w.spare:
		return transport
	default:
		return w.open()
	}
}

func (w *ways) give(transport *http.Transport) {
	select {
	case w.spare <- transport:
	default:
		time.AfterFunc(endSpareAfter, transport.CloseIdleConnections)
	}
}

func (w *ways) open() *http.Transport {
	var dialer net.Dialer
	return &http.Transport{
		Protocols:          onlyHTTP2(),
		DisableCompression: true,
		IdleConnTimeout:    endIdleAfter,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", w.gateway)
		},
		HTTP2: &http.HTTP2Config{
			StrictMaxConcurrentRequests: true,
			MaxReceiveBufferPerStream:   toStream,
			SendPingTimeout:             w.pingAfter,
			PingTimeout:                 w.pingWithin,
		},
	}
}

// way is a connection's, from its first request until the last of its streams has ended.
type way struct {
	ways      *ways
	mutex     sync.Mutex
	streams   int
	over      bool
	transport *http.Transport
}

// enter returns nil where the client's connection is gone. Each way that it returns is left once.
func (w *way) enter() *http.Transport {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.over {
		return nil
	}
	if w.transport == nil {
		w.transport = w.ways.take()
	}
	w.streams++
	return w.transport
}

func (w *way) leave() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.streams--
	w.giveBack()
}

func (w *way) close() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.over = true
	w.giveBack()
}

func (w *way) giveBack() {
	if w.over && w.streams == 0 && w.transport != nil {
		w.ways.give(w.transport)
		w.transport = nil
	}
}

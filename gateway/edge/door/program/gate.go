package main

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostConnections are open at one time; each has some tens of kilobytes here.
	mostConnections = 4096
	// Of connections that were not answered yet, so many are open at one time. The oldest gives way to the next, but not before it
	// had a moment to be answered: the next one waits meanwhile. A thousand clients that come at once would end each other else.
	mostUnproven, momentPoll = 512, 5 * time.Millisecond
	// Bytes that are read at once: few until a connection sends more.
	smallPiece, largePiece = 2 << 10, 16 << 10
)

const notHTTP2 = "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" + usage + "\n"

var errHTTP1 = errors.New("the connection was ended for another version of HTTP")
var errFlood = errors.New("the connection was ended for a flood of frames")

// gate takes connections from listeners, in the clear or with TLS, and watches each.
type gate struct {
	secure *tls.Config // nil: in the clear
	turns  *turns
	ways   *ways
	// A client that connects has something to ask. One that asks for nothing in this time is ended, so that such ones cannot fill
	// the door.
	firstRequestWithin, moment time.Duration

	arrivals *arrivals
	rests    *rests
	// Of the requests of all unproven connections: those that need a token, and those that ask for health.
	strangers, probes line

	mutex    sync.Mutex
	open     int
	unproven list.List // of connections, oldest first
}

// newGate leaves processors free for what is past the reading.
func newGate(c *certificate, w *ways, firstRequestWithin, moment time.Duration) *gate {
	g := &gate{ways: w, arrivals: newArrivals(), rests: newRests(), firstRequestWithin: firstRequestWithin, moment: moment, turns: &turns{free: max(1, runtime.GOMAXPROCS(0)-1)}}
	if c != nil {
		g.secure = c.config()
	}
	return g
}

func (g *gate) watch(listener net.Listener) net.Listener { return &watched{listener, g} }

type watched struct {
	net.Listener
	gate *gate
}

// Accept refuses what is beyond the bound by closing it: a client sees that, and tries another gateway.
func (w *watched) Accept() (net.Conn, error) {
	for {
		raw, err := w.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := w.gate.admit(raw); c != nil {
			return c, nil
		}
		_ = raw.Close()
		refused.tell("connections_refused", map[string]any{"most": mostConnections})
	}
}

// admit returns nil for one beyond the bound.
func (g *gate) admit(raw net.Conn) *connection {
	c := &connection{
		Conn: raw, gate: g, peer: peerName(raw.RemoteAddr()), meter: newMeter(time.Now()), piece: make([]byte, smallPiece),
		ended: make(chan struct{}),
	}
	c.turn.turns, c.way.ways = g.turns, g.ways
	if g.secure != nil {
		c.Conn = tls.Server(raw, g.secure) // its handshake is a part of the first read
	}
	for !g.hasRoom() {
		time.Sleep(momentPoll)
	}
	c.since = time.Now()
	c.silent = time.AfterFunc(g.firstRequestWithin, func() { _ = raw.Close() })
	oldest, admitted := g.enter(c)
	if oldest != nil {
		go func() { _ = oldest.Close() }() // TLS tells the client, which may take nothing
	}
	if !admitted {
		c.silent.Stop()
		return nil
	}
	return c
}

// hasRoom tells whether one more can be let in, be it in the place of another.
func (g *gate) hasRoom() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.unproven.Len() < mostUnproven || time.Since(g.unproven.Front().Value.(*connection).since) >= g.moment
}

func (g *gate) enter(c *connection) (oldest *connection, admitted bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.unproven.Len() >= mostUnproven {
		oldest = g.unproven.Remove(g.unproven.Front()).(*connection)
		oldest.place = nil
	}
	if g.open >= mostConnections {
		return oldest, false
	}
	g.open++
	c.place = g.unproven.PushBack(c)
	return oldest, true
}

// prove lets a connection stay: the gateway answered one of its requests as it answers those of callers that it knows.
func (g *gate) prove(c *connection) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.takeFromUnproven(c)
	c.proven.Store(true)
}

// leave proves nothing: requests that had come before the connection was closed may still begin.
func (g *gate) leave(c *connection) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.takeFromUnproven(c)
	g.open--
}

func (g *gate) takeFromUnproven(c *connection) {
	if c.place != nil {
		g.unproven.Remove(c.place)
		c.place = nil
	}
}

// lineOf is where a connection's requests wait for their arrival at the gateway.
func (g *gate) lineOf(c *connection, needsToken bool) *line {
	switch {
	case c.proven.Load():
		return &c.line
	case needsToken:
		return &g.strangers
	}
	return &g.probes
}

// refused tells that the gateway does not know who asked. Strangers are let in more slowly then: to refuse a token takes the gateway
// time, of which the callers that it knows shall have the most.
func (c *connection) refused() {
	if !c.proven.Load() {
		c.gate.arrivals.rest(&c.gate.strangers, restForRefusal)
	}
}

// connection is one of a client's, whose frames are counted as they are read. Its bytes are read in pieces, and each is worked on in
// a turn, which ends when the next is asked for.
type connection struct {
	net.Conn
	gate          *gate
	place         *list.Element // among the unproven; the gate's
	since         time.Time
	peer          string
	meter         *meter
	turn          turn
	silent        *time.Timer
	piece, unread []byte
	spoken        bool
	closed        sync.Once
	ended         chan struct{}
	way           way
	proven        atomic.Bool
	line          line
}

func (c *connection) Read(into []byte) (int, error) {
	if len(c.unread) == 0 {
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
	count := copy(into, c.unread)
	c.unread = c.unread[count:]
	return count, nil
}

func (c *connection) fill() error {
	c.turn.end()
	count, err := c.Conn.Read(c.piece)
	if count == 0 {
		return err
	}
	c.unread = c.piece[:count]
	if !c.spoken && !isHTTP2(c.unread) {
		_, _ = c.Conn.Write([]byte(notHTTP2))
		return errHTTP1
	}
	c.spoken = true
	requests, flood := c.meter.read(c.unread, time.Now())
	if requests {
		c.silent.Stop()
	}
	if count == smallPiece {
		c.piece = make([]byte, largePiece)
	}
	if flood != "" && !c.meter.recovers(c.ended) {
		floods.tell("connection_ended", map[string]any{"peer": c.peer, "flood": flood})
		return errFlood
	}
	c.turn.begin()
	return nil
}

// isHTTP2 looks at the first two bytes, as far as they came: PRI is no method of HTTP/1.
func isHTTP2(first []byte) bool { return first[0] == 'P' && (len(first) == 1 || first[1] == 'R') }

func (c *connection) Close() error {
	c.turn.end()
	c.closed.Do(func() {
		close(c.ended)
		c.silent.Stop()
		c.gate.leave(c)
		c.way.close()
	})
	return c.Conn.Close()
}

// peerName is a peer's address as gRPC writes it.
func peerName(address net.Addr) string {
	tcp, is := address.(*net.TCPAddr)
	switch {
	case !is:
		return "unix:"
	case tcp.IP.To4() != nil:
		return "ipv4:" + (&net.TCPAddr{IP: tcp.IP.To4(), Port: tcp.Port}).String()
	default:
		return "ipv6:" + tcp.String()
	}
}

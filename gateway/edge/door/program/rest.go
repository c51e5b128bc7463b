package main

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// What a client still sends of a request that is answered already is taken, up to this, before the answer ends: a client that is
	// cut off while it sends may never look at the status (gRPC's own for Python does not).
	mostRest   = 4 << 20
	restWithin = 250 * time.Millisecond
	// It is taken of one request at a time, in pieces, with a pause behind each. Of the others no more is taken than fits in their
	// windows: who sends what is refused cannot keep the door busy.
	restPiece, restPause = 64 << 10, time.Millisecond
)

// taking has room for the one request whose rest is taken.
var taking = make(chan struct{}, 1)

// body is a request's. It stays open for a moment when the way to the gateway lets go of it: the answer may be there before all was
// sent. It is read by one at a time: a body that ends wakes one reader (net/http of Go 1.27), and the way to the gateway may still
// wait in it.
type body struct {
	io.ReadCloser
	reading sync.Mutex
	ended   atomic.Bool
	letting sync.Once
	let     chan struct{} // closed when nothing is taken any more
}

func newBody(of io.ReadCloser) *body { return &body{ReadCloser: of, let: make(chan struct{})} }

func (b *body) Read(into []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	count, err := b.ReadCloser.Read(into)
	if err != nil {
		b.ended.Store(true)
	}
	return count, err
}

// Close returns at once. A read that waits for a client ends in a moment.
func (b *body) Close() error {
	b.letting.Do(func() {
		time.AfterFunc(restWithin, func() {
			_ = b.ReadCloser.Close()
			close(b.let)
		})
	})
	return nil
}

// takeRest reads what is left of it, for a moment.
func (b *body) takeRest() {
	if b.ended.Load() {
		return
	}
	_ = b.Close()
	select {
	case taking <- struct{}{}:
		defer func() { <-taking }()
		b.takePieces()
	case <-b.let:
	}
}

func (b *body) takePieces() {
	for left := mostRest; left > 0; left -= restPiece {
		if _, err := io.CopyN(io.Discard, b, restPiece); err != nil {
			return
		}
		time.Sleep(restPause)
	}
}

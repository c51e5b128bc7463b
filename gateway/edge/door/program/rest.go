package main

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	// What a client still sends of a request that is answered already is taken, up to this, before the answer ends: a client that is
	// cut off while it sends may never look at the status (gRPC's own for Python does not).
	mostRest   = 4 << 20
	restWithin = 250 * time.Millisecond
)

// body is a request's, which stays open when the way to the gateway lets go of it: the answer may be there before all was sent.
type body struct {
	io.ReadCloser
	ended atomic.Bool
}

func (b *body) Read(into []byte) (int, error) {
	count, err := b.ReadCloser.Read(into)
	if err != nil {
		b.ended.Store(true)
	}
	return count, err
}

func (b *body) Close() error { return nil }

// takeRest reads what is left of it, for a moment.
func (b *body) takeRest(writer http.ResponseWriter) {
	if !b.ended.Load() && http.NewResponseController(writer).SetReadDeadline(time.Now().Add(restWithin)) == nil {
		_, _ = io.CopyN(io.Discard, b, mostRest)
	}
}

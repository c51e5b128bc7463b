package main

import (
	"sync"
	"time"
)

// A turn is over in well under a millisecond, unless what took it reads no further: it ends then.
const longestTurn = 5 * time.Millisecond

// turns lets few connections at a time have what they sent worked on, each a piece, in the order in which they come. What Go's
// scheduler would do takes ten milliseconds for each that is busy, and a stranger may have hundreds of these.
type turns struct {
	mutex   sync.Mutex
	free    int
	waiting []chan struct{}
}

func (t *turns) take() {
	t.mutex.Lock()
	if t.free > 0 {
		t.free--
		t.mutex.Unlock()
		return
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mutex.Unlock()
	<-mine
}

func (t *turns) give() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.waiting) == 0 {
		t.free++
		return
	}
	close(t.waiting[0])
	t.waiting = t.waiting[1:]
}

// turn is one connection's: begin waits for it, and end may come more than once.
type turn struct {
	turns *turns
	mutex sync.Mutex
	has   bool
	late  *time.Timer
}

func (t *turn) begin() {
	t.turns.take()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.has = true
	if t.late == nil {
		t.late = time.AfterFunc(longestTurn, t.end)
	} else {
		t.late.Reset(longestTurn)
	}
}

func (t *turn) end() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.has {
		t.has = false
		t.late.Stop()
		t.turns.give()
	}
}

package main

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const (
	// mostArriving requests are on their way into the gateway at one time. One has arrived when its answer begins, or after a while:
	// a call that takes long has been looked at by then. That it was given up meanwhile is no arrival: the gateway has its work with
	// it all the same. The gateway does the work of so many in a few milliseconds, and what else it has to do comes next; of a
	// thousand at once, all others' calls would have to wait.
	mostArriving = 8
	arrivedAfter = 20 * time.Millisecond
	// After each refusal of a token the line of strangers rests so long: so many wrong tokens are looked at in a second at most, however
	// many are sent.
	restForRefusal = 2 * time.Millisecond
)

// arrivals let requests into the gateway, one line after another: each connection that the gateway knows has a line of its own, and
// all others have one together.
type arrivals struct {
	mutex sync.Mutex
	free  int
	lines list.List // of lines in which requests wait, the next first
}

type line struct {
	waiting list.List // of channels, closed when it is their turn
	listed  bool      // whether it is among the lines
	resting bool      // none of its requests is let in
	rested  time.Time // when it has rested
}

func newArrivals() *arrivals { return &arrivals{free: mostArriving} }

// enter waits for the request's turn. It returns nil where the request is given up before, and else what ends its arrival: that may
// be called more than once, and is called after a while.
func (a *arrivals) enter(ctx context.Context, l *line) func() {
	if !a.take(ctx, l) {
		return nil
	}
	arrived := sync.OnceFunc(a.give)
	time.AfterFunc(arrivedAfter, arrived)
	return arrived
}

func (a *arrivals) take(ctx context.Context, l *line) bool {
	turn, place := a.queue(l)
	if place == nil {
		return true
	}
	select {
	case <-turn:
		return true
	case <-ctx.Done():
		return a.leave(turn, l, place)
	}
}

// queue returns no place where there is one free.
func (a *arrivals) queue(l *line) (chan struct{}, *list.Element) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.free > 0 && !l.resting {
		a.free--
		return nil, nil
	}
	turn := make(chan struct{})
	place := l.waiting.PushBack(turn)
	a.enlist(l)
	return turn, place
}

// enlist puts a line in which requests wait at the end of all lines, once.
func (a *arrivals) enlist(l *line) {
	if !l.listed && !l.resting && l.waiting.Len() > 0 {
		l.listed = true
		a.lines.PushBack(l)
	}
}

// rest lets none of a line's requests in for a while, beyond the while that it rests already.
func (a *arrivals) rest(l *line, while time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if now := time.Now(); !l.resting {
		l.resting, l.rested = true, now
		time.AfterFunc(while, func() { a.wake(l) })
	}
	l.rested = l.rested.Add(while)
}

// wake lets requests of a line in again, if it has rested.
func (a *arrivals) wake(l *line) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if left := time.Until(l.rested); left > 0 {
		time.AfterFunc(left, func() { a.wake(l) })
		return
	}
	l.resting = false
	a.enlist(l)
	for a.free > 0 && a.lines.Len() > 0 {
		a.free--
		a.pass()
	}
}

// leave gives up a place in line. Where the turn has come meanwhile, it is passed on.
func (a *arrivals) leave(turn chan struct{}, l *line, place *list.Element) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	select {
	case <-turn:
		a.pass()
	default:
		l.waiting.Remove(place)
	}
	return false
}

func (a *arrivals) give() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.pass()
}

// pass lets the next one in: the first of the next line, which goes to the end of all where more wait in it.
func (a *arrivals) pass() {
	for front := a.lines.Front(); front != nil; front = a.lines.Front() {
		l := a.lines.Remove(front).(*line)
		l.listed = false
		first := l.waiting.Front()
		if l.resting || first == nil { // it is listed again when it has rested; or all of it was given up
			continue
		}
		close(l.waiting.Remove(first).(chan struct{}))
		a.enlist(l)
		return
	}
	a.free++
}

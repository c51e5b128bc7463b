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
	if a.free > 0 {
		a.free--
		return nil, nil
	}
	turn := make(chan struct{})
	if !l.listed {
		l.listed = true
		a.lines.PushBack(l)
	}
	return turn, l.waiting.PushBack(turn)
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
		first := l.waiting.Front()
		if first != nil { // else all of it was given up
			close(l.waiting.Remove(first).(chan struct{}))
		}
		if l.listed = l.waiting.Len() > 0; l.listed {
			a.lines.PushBack(l)
		}
		if first != nil {
			return
		}
	}
	a.free++
}

package main

import "context"

// session is what every job needs while it is under way, a request as well as a program: the gateway to tell, the time, and the way
// to the broker and to Vault.
type session struct {
	gateway *channel
	watch   *stopwatch
	ctx     context.Context
	unasked bool // the request needs no permission to be sent, so the broker's answer is not waited for
}

func newSession(gateway *channel, ctx context.Context, unasked bool) *session {
	return &session{gateway, newStopwatch(), ctx, unasked}
}

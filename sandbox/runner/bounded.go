package main

import (
	"net"
	"sync"
)

// What a program sends here is held in the runner's memory: so many connections at once, and heads of such a length.
const (
	mostProxied        = 32
	longestProxiedHead = 32 << 10
)

// bounded takes a connection only when there is room for it. Others wait in the kernel.
type bounded struct {
	net.Listener
	room chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	b.room <- struct{}{}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.room
		return nil, err
	}
	return &roomy{Conn: conn, leave: sync.OnceFunc(func() { <-b.room })}, nil
}

// roomy gives its room back when it is closed.
type roomy struct {
	net.Conn
	leave func()
}

func (r *roomy) Close() error {
	defer r.leave()
	return r.Conn.Close()
}

// CloseWrite is what a tunnel's half close needs.
func (r *roomy) CloseWrite() error { return r.Conn.(*net.TCPConn).CloseWrite() }

package main

import "net"

// passOn writes the body of the request as the gateway sends it. What the upstream does not take any more is read all the same: an
// upstream may answer before it has read all of a body, and who does not read does not notice that the gateway hangs up.
func (s *session) passOn(conn net.Conn, size int64) {
	var broken error
	for size > 0 {
		next := <-s.gateway.frames
		if next.kind != body || int64(len(next.payload)) > size {
			_ = conn.Close()
			return
		}
		size -= int64(len(next.payload))
		if broken == nil {
			_, broken = conn.Write(next.payload)
		}
	}
}

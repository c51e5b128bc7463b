package main

import (
	"bytes"
	"strings"
)

// Bytes of a piece of a secret that is taken out where it stands alone: a shorter one is too often a word.
const shortestPiece = 12

// pieces takes out of a stream the larger half of a secret where it stands alone, as a text in JSON does: a secret that an upstream has cut
// in two, in two fields or on two pages, could be joined again by a tool's projection, which the gateway applies, and which knows no secret.
type pieces struct {
	secrets []string
	longest int    // bytes of what stands alone, and may be a piece
	held    []byte // of it, as far as it has come
	passing bool   // it is longer than any piece
}

func newPieces(secrets []string) *pieces {
	p := &pieces{}
	for _, secret := range secrets {
		if len(secret) > shortestPiece {
			p.secrets = append(p.secrets, secret)
			p.longest = max(p.longest, 2*len(secret)) // a slash may be escaped
		}
	}
	return p
}

// edges stand before and behind what stands alone. None of them is in many secrets.
var edges = func() (found [256]bool) {
	for _, one := range []byte("\"'`<>()[]{}|,;:=&? \t\r\n") {
		found[one] = true
	}
	return found
}()

// feed takes the next bytes, and gives those of which it is certain what they belong to.
func (p *pieces) feed(next []byte) []byte {
	if len(p.secrets) == 0 {
		return next
	}
	safe := make([]byte, 0, len(p.held)+len(next))
	from := 0
	for at, one := range next {
		if edges[one] {
			safe = append(p.whole(safe, next[from:at]), one)
			from = at + 1
		}
	}
	if p.passing {
		return append(safe, next[from:]...)
	}
	if p.held = append(p.held, next[from:]...); len(p.held) > p.longest {
		safe, p.held, p.passing = append(safe, p.held...), nil, true
	}
	return safe
}

// end adds what was held when the stream ended.
func (p *pieces) end(safe []byte) []byte { return p.whole(safe, nil) }

// whole adds what stands alone, whose last bytes these are.
func (p *pieces) whole(safe, last []byte) []byte {
	if len(p.held) > 0 {
		last = append(p.held, last...)
	}
	isPiece := !p.passing && p.isPiece(last)
	p.held, p.passing = p.held[:0], false
	if isPiece {
		return append(safe, redacted...)
	}
	return append(safe, last...)
}

func (p *pieces) isPiece(text []byte) bool {
	if len(text) < shortestPiece || len(text) > p.longest {
		return false
	}
	plain := string(bytes.ReplaceAll(text, []byte(`\/`), []byte("/")))
	for _, secret := range p.secrets {
		if len(plain) >= max(shortestPiece, halfOf(secret)) && strings.Contains(secret, plain) {
			return true
		}
	}
	return false
}

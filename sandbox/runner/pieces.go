package main

import (
	"cmp"
	"slices"
)

// Bytes of a piece of a secret, at least, that is taken out: a shorter one is too often a word.
const shortestPiece = 12

// pieces takes out of a stream each piece of at least half of a secret, wherever it stands: a secret that an upstream has cut in two, in
// two fields or on two pages, could be joined again by a tool's projection, which the gateway applies, and which knows no secret. A piece
// is found as it is, and in escapes (readings.go). What may go on is held back, and no more: a line of a stream must not wait for the next.
type pieces struct {
	sought   []*sought
	held     []byte // what must be looked at again, with what comes
	told     int    // so many bytes of it are told already: as they were, or in the place of a piece
	readings readings
}

func newPieces(secrets []string) *pieces {
	p := &pieces{}
	for _, secret := range secrets {
		if len(secret) > shortestPiece {
			p.sought = append(p.sought, newSought(secret, max(shortestPiece, halfOf(secret))))
		}
	}
	return p
}

// edges stand around texts, and none of them is in many secrets. Where one comes first, it is told: a line's end must not be held back.
var edges = func() (found [256]bool) {
	for _, one := range []byte("\"'`<>()[]{}|,;:=&? \t\r\n") {
		found[one] = true
	}
	return found
}()

// feed takes the next bytes, and gives those of which it is certain what they belong to.
func (p *pieces) feed(next []byte) []byte {
	if len(p.sought) == 0 || len(next) == 0 {
		return next
	}
	return p.pass(next, false)
}

// end adds what was held when the stream ended.
func (p *pieces) end(safe []byte) []byte {
	if len(p.held) == 0 {
		return safe
	}
	return append(safe, p.pass(nil, true)...)
}

// whole is a text without pieces, beside any stream.
func (p *pieces) whole(text []byte) []byte {
	if len(p.sought) == 0 {
		return text
	}
	alone := pieces{sought: p.sought}
	return alone.pass(text, true)
}

func (p *pieces) pass(next []byte, complete bool) []byte {
	text := next
	if len(p.held) > 0 {
		text = append(p.held, next...)
	}
	readings := p.readings.take(text, complete)
	hold, again := len(text), len(text)
	if !complete {
		hold, again = p.open(readings)
	}
	hold = max(hold, p.told)
	safe, told := replaced(text, p.find(readings), p.told, hold)
	again = min(again, hold)
	p.held, p.told = slices.Clone(text[again:]), told-again
	return safe
}

// find gives the pieces as places in the text, in order, those that overlap as one.
func (p *pieces) find(readings []reading) []span {
	var all []span
	last := &readings[len(readings)-1]
	for index := range readings {
		one := &readings[index]
		for _, secret := range p.sought {
			for _, found := range secret.runs(one.text) {
				all = append(all, span{last.before(one.begin(found.from)), last.behind(one.finish(found.to))})
			}
		}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var joined []span
	for _, one := range all {
		if last := len(joined) - 1; last >= 0 && one.from < joined[last].to {
			joined[last].to = max(joined[last].to, one.to)
		} else {
			joined = append(joined, one)
		}
	}
	return joined
}

// open gives from where the text may be a piece that goes on; and from where it must be looked at again, since what may begin it is told.
func (p *pieces) open(readings []reading) (hold, again int) {
	hold = len(readings[0].text)
	again = hold
	for index := range readings {
		one := &readings[index]
		hold = min(hold, one.begin(len(one.text)))
		for _, secret := range p.sought {
			from := len(one.text) - secret.ending(one.text)
			hold, again = min(hold, one.begin(withoutEdges(one.text, from))), min(again, one.begin(from))
		}
	}
	again = min(again, hold)
	last := &readings[len(readings)-1]
	return last.before(hold), last.before(again)
}

// withoutEdges is the first place from there on that is none of the edges.
func withoutEdges(text []byte, from int) int {
	for from < len(text) && edges[text[from]] {
		from++
	}
	return from
}

// replaced is the text from one place to another with each piece replaced; and how far it is told then. A piece that began in what was
// told before is not told again.
func replaced(text []byte, found []span, from, to int) (safe []byte, told int) {
	for _, one := range found {
		if one.from >= to {
			break
		}
		if one.to <= from {
			continue
		}
		if one.from >= from {
			safe = append(append(safe, text[from:one.from]...), redacted...)
		}
		from = one.to
	}
	if from >= to {
		return safe, from
	}
	if safe == nil {
		return slices.Clone(text[from:to]), to
	}
	return append(safe, text[from:to]...), to
}

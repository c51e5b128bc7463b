package main

import (
	"slices"
	"sort"
	"unicode/utf8"
)

// So often a text's escapes are undone: JSON in JSON in JSON.
const mostReadings = 3

// reading is a text with its escapes undone once, by which its places are known in the text itself.
type reading struct {
	text    []byte
	of      *reading // nil: it is the text itself
	escapes []undone
}

// undone is where an escape stood in what was read, and where stands what it means.
type undone struct{ at, to, from, end int }

// readings are the text itself, and what it means once, twice and three times undone. Their memory is used again for the next text.
type readings [1 + mostReadings]reading

// take gives the text itself, and each reading that differs from the one before. Where it is not complete, a reading ends before an
// escape that may go on.
func (all *readings) take(text []byte, complete bool) []reading {
	all[0].text = text
	count := 1
	for count < len(all) && all[count].read(&all[count-1], complete) {
		count++
	}
	return all[:count]
}

// read undoes the escapes of another reading, and tells whether there are any.
func (r *reading) read(of *reading, complete bool) bool {
	from, limit := 0, len(of.text)
	r.of, r.text, r.escapes = of, slices.Grow(r.text[:0], limit), r.escapes[:0]
	for at := 0; at < limit; {
		if !escaping[of.text[at]] {
			at++
			continue
		}
		found := escapeAt(of.text, at)
		if found.cut && !complete {
			limit = at
		} else if found.end == 0 {
			at++
		} else {
			r.text = append(r.text, of.text[from:at]...)
			begin := len(r.text)
			r.text = found.appendTo(r.text, of.text[at] == '%')
			r.escapes = append(r.escapes, undone{at, found.end, begin, len(r.text)})
			at, from = found.end, found.end
		}
	}
	r.text = append(r.text, of.text[from:limit]...)
	return len(r.escapes) > 0 || limit < len(of.text)
}

// escaping are the bytes with which escapes begin.
var escaping = [256]bool{'\\': true, '%': true, '&': true}

// escapeAt reads one escape of JSON, a URL or HTML, once: of two backslashes, it is one that is meant.
func escapeAt(text []byte, at int) escape {
	switch {
	case text[at] == '%':
		return percent(text, at)
	case text[at] == '&':
		found := entity(text, at)
		found.cut = found.cut && isName(text[at+1:])
		return found
	case at+1 < len(text) && text[at+1] == '\\':
		return escape{value: '\\', end: at + 2}
	}
	return afterBackslashes(text, at)
}

// isName tells whether it may be the beginning of what HTML writes after an ampersand.
func isName(text []byte) bool {
	for _, one := range text {
		if one != '#' && !isAlphanumeric(one) {
			return false
		}
	}
	return true
}

func (e *escape) appendTo(text []byte, isByte bool) []byte {
	if isByte {
		return append(text, byte(e.value))
	}
	return utf8.AppendRune(text, e.value)
}

// begin is the place in the text itself of what begins at a place of the reading.
func (r *reading) begin(at int) int {
	if r.of == nil {
		return at
	}
	if e := r.lastBefore(at + 1); e == nil {
		return r.of.begin(at)
	} else if at < e.end {
		return r.of.begin(e.at)
	} else {
		return r.of.begin(e.to + at - e.end)
	}
}

// finish is the place in the text itself of what ends at a place of the reading.
func (r *reading) finish(at int) int {
	if r.of == nil {
		return at
	}
	if e := r.lastBefore(at); e == nil {
		return r.of.finish(at)
	} else if at <= e.end {
		return r.of.finish(e.to)
	} else {
		return r.of.finish(e.to + at - e.end)
	}
}

// lastBefore is the last of the escapes whose meaning begins before a place.
func (r *reading) lastBefore(at int) *undone {
	return r.last(func(e *undone) bool { return e.from < at })
}

// last is the last escape of those that come first, or nil.
func (r *reading) last(isOne func(*undone) bool) *undone {
	count := sort.Search(len(r.escapes), func(index int) bool { return !isOne(&r.escapes[index]) })
	if count == 0 {
		return nil
	}
	return &r.escapes[count-1]
}

// into is the place in the reading of a place of the text itself that stands within no escape.
func (r *reading) into(place int) int {
	if r.of == nil {
		return place
	}
	place = r.of.into(place)
	if e := r.last(func(e *undone) bool { return e.at < place }); e != nil {
		return e.end + place - e.to
	}
	return place
}

// before is a place of the text itself, or the beginning of the escape within which it stands.
func (r *reading) before(place int) int {
	if r.of == nil {
		return place
	}
	place = r.of.before(place)
	if e := r.around(place); e != nil {
		return r.of.begin(e.at)
	}
	return place
}

// behind is the same with that escape's end.
func (r *reading) behind(place int) int {
	if r.of == nil {
		return place
	}
	place = r.of.behind(place)
	if e := r.around(place); e != nil {
		return r.of.finish(e.to)
	}
	return place
}

// around is the escape within which a place of the text itself stands, and not at one of its ends, or nil.
func (r *reading) around(place int) *undone {
	inner := r.of.into(place)
	if e := r.last(func(e *undone) bool { return e.at < inner }); e != nil && inner < e.to {
		return e
	}
	return nil
}

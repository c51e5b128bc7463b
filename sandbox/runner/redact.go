package main

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	redacted = "[REDACTED]"
	// A shorter text is no secret, and to replace it everywhere would destroy the answer.
	shortestNeedle = 4
	// Bytes of a secret whose middle part in base64 is still too long to be there by chance.
	longEnoughInBase64 = 12
	// Bytes of a secret's beginning, at least, that is taken out at the end of a text; half of the secret, where that is more.
	shortestBeginning = 8
)

// redactor replaces what must not leave the box, in a stream: it holds back what could be the beginning of a needle. It finds each
// needle as it is and with any of its characters escaped (escapes.go); of a secret itself also its larger half, and anything that is more
// of it (pieces.go). What an upstream encodes as a whole in another way than `echoes` has it, or cuts into smaller pieces, is out of its
// reach.
type redactor struct {
	plain   [256][]needle     // by the byte with which a needle begins as it is
	escaped map[rune][]needle // by what an escape in the place of its first character means
	bytes   [256][]needle     // by its first byte, for escapes of single bytes
	needles int
	held    []byte
	pieces  *pieces
}

// newRedactor looks for these texts, and for the halves of those that are secrets themselves.
func newRedactor(texts, secrets []string) *redactor {
	r := &redactor{escaped: map[rune][]needle{}, pieces: newPieces(secrets)}
	fit := slices.DeleteFunc(slices.Concat(texts, secrets), func(text string) bool { return len(text) < shortestNeedle })
	slices.Sort(fit)
	for _, text := range slices.Compact(fit) {
		found := newNeedle(text)
		if slices.Contains(secrets, text) {
			found.half = max(shortestBeginning, halfOf(text))
		}
		r.add(found)
	}
	return r
}

// halfOf is how many bytes the larger half of a text has at least.
func halfOf(text string) int { return (len(text) + 1) / 2 }

func (r *redactor) add(found needle) {
	first := found.character(0)
	r.plain[first.raw[0]] = append(r.plain[first.raw[0]], found)
	if one, has := first.single(); has && one != first.raw[0] {
		r.plain[one] = append(r.plain[one], found)
	}
	for _, value := range distinctRunes(first.value, first.other) {
		r.escaped[value] = append(r.escaped[value], found)
		if value < utf8.RuneSelf {
			r.bytes[value] = append(r.bytes[value], found)
		}
	}
	if first.value >= utf8.RuneSelf {
		r.bytes[first.raw[0]] = append(r.bytes[first.raw[0]], found)
	}
	r.needles++
}

func distinctRunes(one, other rune) []rune {
	if one == other {
		return []rune{one}
	}
	return []rune{one, other}
}

// isNeeded tells whether there is anything to look for.
func (r *redactor) isNeeded() bool { return r.needles > 0 }

// whole redacts a text that is complete.
func (r *redactor) whole(text string) string {
	if !r.isNeeded() {
		return text
	}
	return string(r.pieces.whole(r.cutAll([]byte(text))))
}

// feed takes the next bytes and gives back those that are safe to pass on.
func (r *redactor) feed(next []byte) []byte {
	if !r.isNeeded() {
		return next
	}
	safe, rest := r.cut(append(r.held, next...), false)
	r.held = slices.Clone(rest)
	return r.pieces.feed(safe)
}

// rest gives back what was held when the stream ended.
func (r *redactor) rest() []byte {
	last := r.cutAll(r.held)
	r.held = nil
	return r.pieces.end(r.pieces.feed(last))
}

// cutAll replaces each needle in a text that goes no further, and a secret's beginning at its end.
func (r *redactor) cutAll(text []byte) []byte {
	safe, rest := r.cut(text, true)
	return append(safe, rest...)
}

// cut replaces each needle, and gives back what must wait for more: where one has begun, unless there is no more.
func (r *redactor) cut(text []byte, complete bool) (safe, rest []byte) {
	from := 0
	for at := 0; at < len(text); {
		end, open, half := r.match(text, at)
		if open && !complete {
			return append(safe, text[from:at]...), text[at:]
		}
		if half {
			end = len(text)
		}
		if end == 0 {
			at++
			continue
		}
		safe = append(append(safe, text[from:at]...), redacted...)
		at, from = end, end
	}
	return append(safe, text[from:]...), nil
}

// match gives the end of the longest needle that stands at a place, or 0; whether one may stand there once more has come; and whether
// the text ends with half of a secret that begins there.
func (r *redactor) match(text []byte, at int) (end int, open, half bool) {
	end, open, half = longest(r.plain[text[at]], text, at)
	var found escape
	var begun []needle
	switch text[at] {
	case '\\':
		found = afterBackslashes(text, at)
		begun = r.escaped[found.value]
	case '&':
		found = entity(text, at)
		begun = r.escaped[found.value]
	case '%':
		if found = percent(text, at); found.end > 0 {
			begun = r.bytes[found.value]
		}
	}
	if found.end == 0 {
		return end, open || found.cut, half
	}
	more, opens, halves := longest(begun, text, at)
	return max(end, more), open || opens, half || halves
}

func longest(needles []needle, text []byte, at int) (end int, open, half bool) {
	for index := range needles {
		ends, more, begun := needles[index].match(text, at)
		end, open = max(end, ends), open || more
		half = half || more && needles[index].half > 0 && begun >= needles[index].half
	}
	return end, open, half
}

// echoes are the forms in which an upstream might send a value back, beside those with escapes in them.
func echoes(value string) []string {
	raw := []byte(value)
	forms := []string{value, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw))}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		forms = append(forms, encoding.EncodeToString(raw))
		if len(raw) >= longEnoughInBase64 {
			forms = append(forms, within64(encoding, raw)...)
		}
	}
	return forms
}

// within64 is the value in base64 in the middle of a longer text: there are three ways in which its bytes may fall, and characters at
// both ends depend on what is around it.
func within64(encoding *base64.Encoding, raw []byte) []string {
	var forms []string
	for shift, lost := range []int{0, 2, 3} {
		padded := append(make([]byte, shift), raw...)
		whole := encoding.EncodeToString(padded[:len(padded)-len(padded)%3])
		forms = append(forms, whole[lost:])
	}
	return forms
}

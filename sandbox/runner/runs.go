package main

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// sought is a secret of which runs are sought in texts. Its words, of `word` bytes each, are known by their places. A run of at least
// `least` bytes has, wherever it begins, a word of the secret at one of every `stride` places of the text: no other place is looked at.
type sought struct {
	secret []byte
	least  int
	word   int
	stride int
	mask   uint64  // of a word among eight bytes
	shift  int     // of a word's hash
	first  []int32 // by the hash of a word: its place in the secret, and one
	after  []int32 // by a place: the next one with that hash, and one
}

// So many places of one word are looked at, at most. Those in the middle come first: whatever the run is, it goes on to both sides there.
const mostPlaces = 32

func newSought(secret string, least int) *sought {
	s := &sought{secret: []byte(secret), least: least, word: 8}
	if least < 24 {
		s.word = 6
	}
	s.stride, s.mask = least-s.word+1, ^uint64(0)>>(64-8*s.word)
	size := bits.Len(uint(2 * len(secret)))
	s.shift, s.first, s.after = 64-size, make([]int32, 1<<size), make([]int32, len(secret))
	middle := len(secret) / 2
	for away := len(secret); away >= 0; away-- {
		s.note(middle + away)
		if away > 0 {
			s.note(middle - away)
		}
	}
	return s
}

func (s *sought) note(place int) {
	if place < 0 || place+s.word > len(s.secret) {
		return
	}
	hash := s.hash(s.wordAt(s.secret, place))
	s.after[place] = s.first[hash]
	s.first[hash] = int32(place + 1)
}

func (s *sought) wordAt(text []byte, at int) uint64 {
	if at+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[at:]) & s.mask
	}
	var last [8]byte
	copy(last[:], text[at:])
	return binary.LittleEndian.Uint64(last[:]) & s.mask
}

func (s *sought) hash(word uint64) uint64 { return word * 0x9e3779b97f4a7c15 >> s.shift }

// places gives where in the secret the word stands that is at a place of a text.
func (s *sought) places(text []byte, at int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		word := s.wordAt(text, at)
		next := s.first[s.hash(word)]
		for tries := 0; next > 0 && tries < mostPlaces; tries++ {
			place := int(next - 1)
			if s.wordAt(s.secret, place) == word && !yield(place) {
				return
			}
			next = s.after[place]
		}
	}
}

// runs gives where a text has what is in the secret, too, for so many bytes. One may be there more than once.
func (s *sought) runs(text []byte) []span {
	var found []span
	for at := 0; at+s.word <= len(text); at += s.stride {
		if s.first[s.hash(s.wordAt(text, at))] == 0 {
			continue
		}
		for place := range s.places(text, at) {
			before := commonEnd(text[:at], s.secret[:place])
			run := span{at - before, at + commonBeginning(text[at:], s.secret[place:])}
			if run.to-run.from >= s.least {
				found = append(found, span{withoutEdges(text, run.from), run.to})
			}
		}
	}
	return found
}

// ending is how many of a text's last bytes are in the secret, too.
func (s *sought) ending(text []byte) int {
	length := 0
	for length < min(s.word, len(text)) && bytes.Contains(s.secret, text[len(text)-length-1:]) {
		length++
	}
	if length == s.word {
		at := len(text) - s.word
		for place := range s.places(text, at) {
			length = max(length, s.word+commonEnd(text[:at], s.secret[:place]))
		}
	}
	return length
}

func commonEnd(one, other []byte) int {
	length := 0
	for length < min(len(one), len(other)) && one[len(one)-length-1] == other[len(other)-length-1] {
		length++
	}
	return length
}

func commonBeginning(one, other []byte) int {
	length := 0
	for length < min(len(one), len(other)) && one[length] == other[length] {
		length++
	}
	return length
}

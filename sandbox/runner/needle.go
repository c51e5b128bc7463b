package main

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A secret of so many bytes is found in upper and in lower case: a shorter one is too often a word.
const longEnoughForAnyCase = 16

// So many zeros stand at most between two letters of ASCII: in UTF-32.
const mostZeros = 3

// needle is a text to look for, whatever escapes stand in it. It takes no more memory than the text: a box has little, and looks for some
// twenty forms of each secret.
type needle struct {
	text    string
	anyCase bool
	half    int // bytes of a beginning that is taken out where the text to be searched ends with it; 0: none is
}

// character is one of a needle: what it means, and how the needle has it.
type character struct {
	value rune
	other rune // in the other case, where that counts as the same
	raw   string
}

func newNeedle(text string) needle {
	return needle{text: text, anyCase: len(text) >= longEnoughForAnyCase}
}

// character is the one that begins at a place in the needle.
func (n *needle) character(at int) character {
	value, width := utf8.DecodeRuneInString(n.text[at:])
	c := character{value: value, other: value, raw: n.text[at : at+width]}
	if n.anyCase && value < utf8.RuneSelf && unicode.IsLetter(value) {
		c.other = value ^ 0x20
	}
	return c
}

// single is another form of the character, of one byte, if there is one: in Latin-1, in a form, or in the other case.
func (c *character) single() (byte, bool) {
	switch {
	case c.value >= 0x80 && c.value <= 0xff:
		return byte(c.value), true
	case c.value == ' ':
		return '+', true
	case c.other != c.value:
		return byte(c.other), true
	}
	return 0, false
}

func (c *character) means(value rune) bool { return value == c.value || value == c.other }

// match gives where the needle ends that begins at a place, or 0; and whether it may do so once more has come, after how many of its
// bytes. A character may have more than one form at a place, such as one backslash of several: so there is a set of places, which is
// small.
func (n *needle) match(text []byte, at int) (end int, open bool, begun int) {
	var first, second [2 * mostBackslashes]int
	places, next := append(first[:0], at), second[:0]
	for index := 0; index < len(n.text); {
		next = next[:0]
		c := n.character(index)
		for _, place := range places {
			var cut bool
			if index > 0 {
				place = afterZeros(text, place)
			}
			if next, cut = c.match(text, place, next); cut {
				open, begun = true, index
			}
		}
		if len(next) == 0 {
			return 0, open, begun
		}
		places, next = distinct(next), places
		index += len(c.raw)
	}
	return slices.Max(places), open, begun
}

// afterZeros is the place after the zeros between two letters of UTF-16 or UTF-32, in which a text may be whatever its head says of it.
func afterZeros(text []byte, at int) int {
	for most := at + mostZeros; at < len(text) && at < most && text[at] == 0; at++ {
	}
	return at
}

// distinct leaves of a few numbers each one once.
func distinct(numbers []int) []int {
	if len(numbers) > 1 {
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
	}
	return numbers
}

// match adds the places after each form of the character that stands at a place; and tells whether the text ends within one.
func (c *character) match(text []byte, at int, ends []int) (_ []int, cut bool) {
	if at == len(text) {
		return ends, true
	}
	ahead := text[at:min(len(text), at+len(c.raw))]
	if string(ahead) == c.raw {
		ends = append(ends, at+len(c.raw))
	}
	cut = len(ahead) < len(c.raw) && strings.HasPrefix(c.raw, string(ahead))
	if one, has := c.single(); has && text[at] == one {
		ends = append(ends, at+1)
	}
	found := escape{}
	switch text[at] {
	case '\\':
		if c.value == '\\' {
			ends = afterEach(text, at, ends)
		}
		found = afterBackslashes(text, at)
	case '&':
		found = entity(text, at)
	case '%':
		found = c.percents(text, at)
	}
	if found.end > 0 && c.means(found.value) {
		ends = append(ends, found.end)
	}
	return ends, cut || found.cut
}

// afterEach adds the place after each of several backslashes, of which any number may stand for one.
func afterEach(text []byte, at int, ends []int) []int {
	for most := at + mostBackslashes; at < len(text) && at < most && text[at] == '\\'; at++ {
		ends = append(ends, at+1)
	}
	return ends
}

// percents reads the bytes of the character as URLs write them.
func (c *character) percents(text []byte, at int) escape {
	for index := range len(c.raw) {
		if at == len(text) {
			return escape{cut: true}
		}
		if text[at] != '%' {
			return escape{}
		}
		found := percent(text, at)
		if found.end == 0 || found.value != rune(c.raw[index]) && (index > 0 || !c.means(found.value)) {
			return escape{cut: found.cut}
		}
		at = found.end
	}
	return escape{value: c.value, end: at}
}

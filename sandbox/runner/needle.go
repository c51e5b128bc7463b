package main

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A secret of so many bytes is found in upper and in lower case: a shorter one is too often a word.
const longEnoughForAnyCase = 16

// So many zeros stand at most between two letters of ASCII: in UTF-32.
const mostZeros = 3

// needle is a text to look for, whatever escapes stand in it.
type needle []character

// character is one of a needle: what it means, and the forms in which it stands as it is.
type character struct {
	value rune
	other rune // in the other case, where that counts as the same
	raw   []byte
	plain [][]byte
}

func newNeedle(text string) needle {
	var found needle
	for at := 0; at < len(text); {
		value, width := utf8.DecodeRuneInString(text[at:])
		found = append(found, newCharacter(value, []byte(text[at:at+width]), len(text) >= longEnoughForAnyCase))
		at += width
	}
	return found
}

func newCharacter(value rune, raw []byte, anyCase bool) character {
	c := character{value: value, other: value, raw: raw, plain: [][]byte{raw}}
	if value >= 0x80 && value <= 0xff {
		c.plain = append(c.plain, []byte{byte(value)}) // in Latin-1
	}
	if value == ' ' {
		c.plain = append(c.plain, []byte("+")) // in a form
	}
	if anyCase && value < utf8.RuneSelf && unicode.IsLetter(value) {
		c.other = value ^ 0x20
		c.plain = append(c.plain, []byte{byte(c.other)})
	}
	return c
}

func (c *character) means(value rune) bool { return value == c.value || value == c.other }

// match gives where the needle ends that begins at a place, or 0; and whether it may do so once more has come. A character may have
// more than one form at a place, such as one backslash of several: so there is a set of places, which is small.
func (n needle) match(text []byte, at int) (end int, open bool) {
	var first, second [2 * mostBackslashes]int
	places, next := append(first[:0], at), second[:0]
	for index := range n {
		next = next[:0]
		for _, place := range places {
			var cut bool
			if index > 0 {
				place = afterZeros(text, place)
			}
			next, cut = n[index].match(text, place, next)
			open = open || cut
		}
		if len(next) == 0 {
			return 0, open
		}
		places, next = distinct(next), places
	}
	return slices.Max(places), open
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
	for _, one := range c.plain {
		if bytes.HasPrefix(text[at:], one) {
			ends = append(ends, at+len(one))
		}
		cut = cut || len(text)-at < len(one) && bytes.HasPrefix(one, text[at:])
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
	for index, wanted := range c.raw {
		if at == len(text) {
			return escape{cut: true}
		}
		if text[at] != '%' {
			return escape{}
		}
		found := percent(text, at)
		if found.end == 0 || found.value != rune(wanted) && (index > 0 || !c.means(found.value)) {
			return escape{cut: found.cut}
		}
		at = found.end
	}
	return escape{value: c.value, end: at}
}

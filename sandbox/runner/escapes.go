package main

import (
	"bytes"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	// A secret of so many characters is found in upper and in lower case: a shorter one is too often a word.
	longEnoughForAnyCase = 16
	// Backslashes before one character: a text that was quoted three times has seven.
	mostBackslashes = 8
)

// needle is a text to look for, whatever escapes stand in it: those of JSON, JavaScript, URLs, HTML and shells.
type needle struct {
	characters []character
	anyCase    bool
}

// character is one of a needle, in its forms.
type character struct {
	value    rune
	plain    [][]byte // as it is: in UTF-8, in Latin-1, in the other case
	escapes  []string // what may follow backslashes, in lower case
	percents []string // each byte of a percent form, in lower case, without the sign
	entities []string // after the ampersand, in lower case
}

func newNeedle(text string) *needle {
	found := &needle{anyCase: len(text) >= longEnoughForAnyCase}
	for at := 0; at < len(text); {
		value, width := utf8.DecodeRuneInString(text[at:])
		found.characters = append(found.characters, newCharacter(value, []byte(text[at:at+width]), found.anyCase))
		at += width
	}
	return found
}

func newCharacter(value rune, raw []byte, anyCase bool) character {
	c := character{value: value, plain: [][]byte{raw}}
	for _, one := range raw {
		c.percents = append(c.percents, fmt.Sprintf("%02x", one))
	}
	if value >= 0x80 && value <= 0xff {
		c.plain = append(c.plain, []byte{byte(value)})
	}
	if value == ' ' {
		c.plain = append(c.plain, []byte("+"))
	}
	if anyCase && value < utf8.RuneSelf && unicode.IsLetter(value) {
		c.plain = append(c.plain, []byte{raw[0] ^ 0x20})
	}
	c.escapes = escapesOf(value)
	c.entities = entitiesOf(value)
	return c
}

var namedEscapes = map[rune]string{'\n': "n", '\t': "t", '\r': "r", '\b': "b", '\f': "f"}

func escapesOf(value rune) []string {
	escapes := []string{fmt.Sprintf("u{%x}", value)}
	if value > 0xffff {
		high, low := 0xd800+(value-0x10000)>>10, 0xdc00+(value-0x10000)&0x3ff
		return append(escapes, fmt.Sprintf("u%04x\\u%04x", high, low), fmt.Sprintf("u%08x", value))
	}
	escapes = append(escapes, fmt.Sprintf("u%04x", value))
	if value <= 0xff {
		escapes = append(escapes, fmt.Sprintf("x%02x", value))
	}
	if name, ok := namedEscapes[value]; ok {
		escapes = append(escapes, name)
	}
	if value < utf8.RuneSelf && unicode.IsPrint(value) && !unicode.IsLetter(value) && !unicode.IsDigit(value) {
		escapes = append(escapes, string(value))
	}
	return escapes
}

var namedEntities = map[rune]string{'&': "amp;", '<': "lt;", '>': "gt;", '"': "quot;", '\'': "apos;", '/': "sol;", '+': "plus;", '=': "equals;"}

func entitiesOf(value rune) []string {
	entities := []string{fmt.Sprintf("#%d;", value), fmt.Sprintf("#x%x;", value), fmt.Sprintf("#x%02x;", value), fmt.Sprintf("#%02d;", value)}
	if name, ok := namedEntities[value]; ok {
		entities = append(entities, name)
	}
	return entities
}

// mark notes the bytes with which the character can begin.
func (c *character) mark(begins *[256]bool) {
	for _, one := range c.plain {
		begins[one[0]] = true
	}
	begins['\\'], begins['%'], begins['&'] = true, true, true
}

// match gives where the needle ends that begins at a place, or 0; and whether it may do so once more has come. A character may have
// more than one form at a place, such as one backslash of several: so there is a set of places, which is small.
func (n *needle) match(text []byte, at int) (end int, open bool) {
	var first, second [2 * mostBackslashes]int
	places, next := append(first[:0], at), second[:0]
	for index := range n.characters {
		next = next[:0]
		for _, place := range places {
			var cut bool
			next, cut = n.characters[index].match(text, place, next)
			open = open || cut
		}
		if len(next) == 0 {
			return 0, open
		}
		places, next = distinct(next), places
	}
	return slices.Max(places), open
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
	open := false
	switch text[at] {
	case '\\':
		ends, open = c.matchEscape(text, at, ends)
	case '%':
		ends, open = c.matchPercent(text, at, ends)
	case '&':
		ends, open = begins(text, at+1, c.entities, ends)
	}
	return ends, cut || open
}

// matchEscape takes backslashes and what they escape. Several of them are quotations of quotations.
func (c *character) matchEscape(text []byte, at int, ends []int) ([]int, bool) {
	after := at
	for after < len(text) && text[after] == '\\' && after-at < mostBackslashes {
		after++
		if c.value == '\\' {
			ends = append(ends, after)
		}
	}
	return begins(text, after, c.escapes, ends)
}

// matchPercent takes `%2f`, and `%252f`, which was escaped twice: the form of each byte, one after another.
func (c *character) matchPercent(text []byte, at int, ends []int) ([]int, bool) {
	for _, digits := range c.percents {
		if at == len(text) {
			return ends, true
		}
		if text[at] != '%' {
			return ends, false
		}
		at++
		for again := 0; again < mostBackslashes && bytes.HasPrefix(text[at:], []byte("25")) && digits != "25"; again++ {
			at += 2
		}
		stands, cut := startsWith(text[at:], digits)
		if !stands {
			return ends, cut
		}
		at += len(digits)
	}
	return append(ends, at), false
}

// begins adds the places after each of the words that stands at a place; and tells whether the text ends within one.
func begins(text []byte, at int, words []string, ends []int) (_ []int, cut bool) {
	for _, word := range words {
		stands, open := startsWith(text[at:], word)
		if stands {
			ends = append(ends, at+len(word))
		}
		cut = cut || open
	}
	return ends, cut
}

// startsWith tells whether a text begins with a word of lower case, in whatever case; and whether it ends within the word.
func startsWith(text []byte, word string) (stands, cut bool) {
	for at := range len(word) {
		if at == len(text) {
			return false, true
		}
		if one := text[at]; one != word[at] && (one < 'A' || one > 'Z' || one|0x20 != word[at]) {
			return false, false
		}
	}
	return true, false
}

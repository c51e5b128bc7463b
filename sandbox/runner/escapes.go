package main

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// Backslashes before one character: a text that was quoted three times has seven.
const mostBackslashes = 8

// namedEscapes stand after a backslash for what is not to be seen.
var namedEscapes = map[byte]rune{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}

// namedEntities are those of HTML that stand for characters which secrets have.
var namedEntities = map[string]rune{
	"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "sol": '/', "plus": '+', "equals": '=', "lowbar": '_', "period": '.',
}

const longestEntity = len("#x10FFFF")

// escape is a character that stands in a text by another name: what it means, and where it ends; 0 where there is none. `cut`: the
// text ends within it.
type escape struct {
	value rune
	end   int
	cut   bool
}

// afterBackslashes reads what JSON, JavaScript and shells write (`\/`, `\u002B`, `\x2b`). Several backslashes are quotations of
// quotations.
func afterBackslashes(text []byte, at int) escape {
	begin := at
	for at < len(text) && text[at] == '\\' {
		if at++; at-begin > mostBackslashes {
			return escape{}
		}
	}
	if at == len(text) {
		return escape{cut: true}
	}
	switch one := text[at]; {
	case one == 'u' || one == 'U':
		return unicodeEscape(text, at+1)
	case one == 'x' || one == 'X':
		return hexadecimal(text, at+1, 2)
	case namedEscapes[one] != 0:
		return escape{value: namedEscapes[one], end: at + 1}
	case one >= ' ' && one < 0x7f && !isAlphanumeric(one):
		return escape{value: rune(one), end: at + 1}
	}
	return escape{}
}

// unicodeEscape reads `002B`, two of which may be one character, and `{2B}`.
func unicodeEscape(text []byte, at int) escape {
	if at < len(text) && text[at] == '{' {
		return delimited(text, at+1, '}', func(inner string) (rune, bool) { return number(inner, 16) })
	}
	first := hexadecimal(text, at, 4)
	if !utf16.IsSurrogate(first.value) {
		return first
	}
	second := lowHalf(text, first.end)
	return escape{utf16.DecodeRune(first.value, second.value), second.end, second.cut}
}

// lowHalf reads the second half of a character that UTF-16 has in two.
func lowHalf(text []byte, at int) escape {
	for begin := at; at < len(text) && text[at] == '\\' && at-begin < mostBackslashes; {
		at++
	}
	if at == len(text) {
		return escape{cut: true}
	}
	if text[at]|0x20 != 'u' {
		return escape{}
	}
	return hexadecimal(text, at+1, 4)
}

// hexadecimal reads so many digits.
func hexadecimal(text []byte, at, digits int) escape {
	value := rune(0)
	for range digits {
		if at == len(text) {
			return escape{cut: true}
		}
		digit := digitOf(text[at])
		if digit < 0 {
			return escape{}
		}
		value, at = value<<4|rune(digit), at+1
	}
	return escape{value: value, end: at}
}

// entity reads what HTML writes after an ampersand (`&#43;`, `&#x2B;`, `&plus;`).
func entity(text []byte, at int) escape {
	return delimited(text, at+1, ';', func(inner string) (rune, bool) {
		if len(inner) > 1 && inner[0] == '#' && inner[1]|0x20 == 'x' {
			return number(inner[2:], 16)
		}
		if len(inner) > 0 && inner[0] == '#' {
			return number(inner[1:], 10)
		}
		value, known := namedEntities[inner]
		return value, known
	})
}

func delimited(text []byte, at int, by byte, meaning func(string) (rune, bool)) escape {
	ahead := text[min(at, len(text)):min(len(text), at+longestEntity+1)]
	length := bytes.IndexByte(ahead, by)
	if length < 0 {
		return escape{cut: len(ahead) <= longestEntity}
	}
	value, known := meaning(string(ahead[:length]))
	if !known {
		return escape{}
	}
	return escape{value: value, end: at + length + 1}
}

func number(digits string, base int) (rune, bool) {
	value, err := strconv.ParseUint(digits, base, 31)
	return rune(value), err == nil
}

// percent reads one byte as URLs write it: `%2f`, and `%252f`, which was escaped twice.
func percent(text []byte, at int) escape {
	at++
	for again := 0; again < mostBackslashes && bytes.HasPrefix(text[at:], []byte("25")); again++ {
		if next := hexadecimal(text, at+2, 2); next.end == 0 && !next.cut {
			break // it is the sign itself
		}
		at += 2
	}
	return hexadecimal(text, at, 2)
}

func digitOf(one byte) int {
	switch {
	case one >= '0' && one <= '9':
		return int(one - '0')
	case one|0x20 >= 'a' && one|0x20 <= 'f':
		return int(one|0x20-'a') + 10
	}
	return -1
}

func isAlphanumeric(one byte) bool {
	return one >= '0' && one <= '9' || one|0x20 >= 'a' && one|0x20 <= 'z'
}

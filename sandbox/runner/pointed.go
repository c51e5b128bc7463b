package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// span is where a value stands in a JSON text.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

// locate finds the value of a JSON Pointer (RFC 6901) in a JSON text, which must be valid. `-` is the last item of an array: there is
// no item behind it that could be meant, since nothing is added here.
func locate(text []byte, pointer string) (span, bool) {
	at := afterSpace(text, 0)
	if pointer == "" {
		return span{at, endOf(text, at)}, true
	}
	for _, token := range strings.Split(pointer, "/")[1:] {
		found := -1
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		for index, one := range partsOf(text, at) {
			if one.is(name, index) {
				found = one.at
			}
		}
		if found < 0 {
			return span{}, false
		}
		at = found
	}
	return span{at, endOf(text, at)}, true
}

// part is a member of an object, by its name as it is written, or an item of an array.
type part struct {
	name []byte
	at   int
}

func (p part) is(name string, index int) bool {
	if p.name == nil {
		return name == "-" || name == strconv.Itoa(index)
	}
	var read string
	return json.Unmarshal(p.name, &read) == nil && read == name
}

// partsOf gives the parts of an object or array one after another, and none of any other value.
func partsOf(text []byte, at int) func(yield func(int, part) bool) {
	return func(yield func(int, part) bool) {
		if text[at] != '{' && text[at] != '[' {
			return
		}
		object := text[at] == '{'
		for index, next := 0, afterSpace(text, at+1); text[next] != '}' && text[next] != ']'; index++ {
			one := part{at: next}
			if object {
				end := endOf(text, next)
				one = part{text[next:end], afterSpace(text, afterSpace(text, end)+1)}
			}
			if !yield(index, one) {
				return
			}
			if next = afterSpace(text, endOf(text, one.at)); text[next] == ',' {
				next = afterSpace(text, next+1)
			}
		}
	}
}

func afterSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// endOf is where the value ends that begins at a place.
func endOf(text []byte, at int) int {
	switch text[at] {
	case '"':
		return endOfString(text, at)
	case '{', '[':
		return endOfNest(text, at)
	}
	if end := bytes.IndexAny(text[at:], ",]} \t\r\n"); end >= 0 {
		return at + end
	}
	return len(text)
}

func endOfString(text []byte, at int) int {
	for at++; text[at] != '"'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return at + 1
}

func endOfNest(text []byte, at int) int {
	for depth := 0; ; {
		switch text[at] {
		case '"':
			at = endOfString(text, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if at++; depth == 0 {
			return at
		}
	}
}

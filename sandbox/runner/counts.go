package main

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What is held of a JSON text that is looked through: the beginnings of so many containers, and a name or number of so many bytes.
const (
	deepestCounted = 10_000
	longestCounted = 1 << 10
)

const byteOrderMark = "\xef\xbb\xbf"

// noName stands for a name that is too long, or none: it is no step of a pointer, which is UTF-8.
const noName = "\xff"

// countedNumber is what the answers of a job have of one number that its call is paid by.
type countedNumber struct {
	Sum    float64 `json:"sum"`
	Had    int     `json:"had"`    // how many of them have it
	Lacked int     `json:"lacked"` // and how many have not
}

// tally is the numbers of a job, in its order.
type tally []countedNumber

// add takes the numbers of one more answer. One that the redactor would change is none: it must not leave the box.
func (t tally) add(c *counter, redact *redactor) {
	for n := range t {
		number, ok := c.number(n, redact)
		if sum := t[n].Sum + number; ok && !math.IsInf(sum, 0) {
			t[n].Sum, t[n].Had = sum, t[n].Had+1
		} else {
			t[n].Lacked++
		}
	}
}

// lack is for an answer that nothing is known of.
func (t tally) lack() {
	for n := range t {
		t[n].Lacked++
	}
}

// Where a counter is in its text.
const (
	atValue = iota
	atFirstItem
	atFirstName
	atName
	inName
	inNameEscape
	atColon
	inText
	inTextEscape
	inScalar
	behindValue
	broken
)

// counter finds numbers at JSON Pointers (RFC 6901) in a JSON text of any length that passes in pieces. Of no JSON it finds none.
type counter struct {
	places [][][]string // of each number: the steps to where it may stand
	found  [][]string   // what stands there, as it is written
	open   []container
	state  int
	word   []byte // of a name or scalar that may count
	mark   int    // how much of a byte order mark is behind it
}

// container is an object or array that has begun.
type container struct {
	object bool
	index  int
	name   string
	leads  bool // towards a place
}

func newCounter(pointers [][]string) *counter {
	c := &counter{}
	for _, of := range pointers {
		var places [][]string
		for _, pointer := range of {
			steps := strings.Split(pointer, "/")[1:]
			for n, step := range steps {
				steps[n] = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
			}
			places = append(places, steps)
		}
		c.places, c.found = append(c.places, places), append(c.found, make([]string, len(of)))
	}
	return c
}

// number is the n-th one, by the first of its places where a number stands.
func (c *counter) number(n int, redact *redactor) (float64, bool) {
	if c.state == inScalar {
		c.endScalar()
	}
	if c.state != behindValue || len(c.open) > 0 {
		return 0, false
	}
	for _, text := range c.found[n] {
		if number, err := strconv.ParseFloat(text, 64); err == nil && number >= 0 && redact.whole(text) == text {
			return number, true
		}
	}
	return 0, false
}

func (c *counter) feed(piece []byte) {
	for c.mark < len(byteOrderMark) && len(piece) > 0 && piece[0] == byteOrderMark[c.mark] {
		c.mark, piece = c.mark+1, piece[1:]
	}
	if len(piece) > 0 {
		c.mark = len(byteOrderMark)
	}
	for at := 0; at < len(piece) && c.state != broken; at++ {
		if c.state == inText { // most of most texts
			for at < len(piece) && piece[at] != '"' && piece[at] != '\\' {
				at++
			}
			if at == len(piece) {
				return
			}
		}
		c.step(piece[at])
	}
}

func (c *counter) step(char byte) {
	switch c.state {
	case inText, inTextEscape:
		c.stepInText(char)
	case inName, inNameEscape:
		c.stepInName(char)
	case inScalar:
		if strings.IndexByte(",]} \t\r\n", char) < 0 {
			c.keep(char)
			return
		}
		if c.endScalar(); c.state != broken {
			c.step(char)
		}
	default:
		if strings.IndexByte(" \t\r\n", char) < 0 {
			c.stepBetween(char)
		}
	}
}

func (c *counter) stepInText(char byte) {
	switch {
	case c.state == inTextEscape:
		c.state = inText
	case char == '\\':
		c.state = inTextEscape
	default:
		c.state = behindValue
	}
}

func (c *counter) stepInName(char byte) {
	top := &c.open[len(c.open)-1]
	switch {
	case c.state == inNameEscape:
		c.state = inName
	case char == '\\':
		c.state = inNameEscape
	case char == '"':
		c.keep(char)
		if top.name = noName; top.leads && json.Unmarshal(c.word, &top.name) != nil {
			top.name = noName
		}
		c.state = atColon
		return
	}
	if top.leads {
		c.keep(char)
	}
}

// stepBetween takes what stands between names and values.
func (c *counter) stepBetween(char byte) {
	switch {
	case char == '"' && (c.state == atName || c.state == atFirstName):
		c.state, c.word = inName, append(c.word[:0], char)
	case char == ':' && c.state == atColon:
		c.state = atValue
	case char == '}' && c.state == atFirstName, char == ']' && c.state == atFirstItem:
		c.end()
	case c.state == atValue || c.state == atFirstItem:
		c.begin(char)
	case c.state == behindValue && len(c.open) > 0:
		c.goOn(char)
	default:
		c.state = broken
	}
}

func (c *counter) begin(char byte) {
	switch {
	case char == '{' || char == '[':
		if len(c.open) == deepestCounted {
			c.state = broken
			return
		}
		c.open = append(c.open, container{object: char == '{', leads: c.leads()})
		c.state = map[byte]int{'{': atFirstName, '[': atFirstItem}[char]
	case char == '"':
		c.state = inText
	default:
		c.state, c.word = inScalar, append(c.word[:0], char)
	}
}

func (c *counter) goOn(char byte) {
	top := &c.open[len(c.open)-1]
	switch {
	case char == ',' && top.object:
		c.state = atName
	case char == ',':
		c.state = atValue
		top.index++
	case char == '}' && top.object, char == ']' && !top.object:
		c.end()
	default:
		c.state = broken
	}
}

func (c *counter) end() { c.open, c.state = c.open[:len(c.open)-1], behindValue }

// keep holds a character of a name or scalar. One that is too long is another than each that counts.
func (c *counter) keep(char byte) {
	if len(c.word) <= longestCounted {
		c.word = append(c.word, char)
	}
}

func (c *counter) endScalar() {
	c.state = behindValue
	switch {
	case len(c.word) > longestCounted:
	case !json.Valid(c.word):
		c.state = broken
	case c.word[0] == '-' || c.word[0] >= '0' && c.word[0] <= '9':
		c.note()
	}
}

// note keeps the number that has ended, where its place is one of those.
func (c *counter) note() {
	if len(c.open) == 0 || !c.open[len(c.open)-1].leads {
		return
	}
	for n, places := range c.places {
		for m, steps := range places {
			if len(steps) == len(c.open) && c.follows(steps) {
				c.found[n][m] = string(c.word)
			}
		}
	}
}

// leads tells whether a container that begins here may have a place in it.
func (c *counter) leads() bool {
	if len(c.open) > 0 && !c.open[len(c.open)-1].leads {
		return false
	}
	return slices.ContainsFunc(c.places, func(places [][]string) bool {
		return slices.ContainsFunc(places, func(steps []string) bool { return len(steps) > len(c.open) && c.follows(steps) })
	})
}

func (c *counter) follows(steps []string) bool {
	for n, one := range c.open {
		if one.object && one.name != steps[n] || !one.object && strconv.Itoa(one.index) != steps[n] {
			return false
		}
	}
	return true
}

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	redacted = "[REDACTED]"
	// A shorter text is no secret, and to replace it everywhere would destroy the answer.
	shortestNeedle = 4
)

// redactor replaces what must not leave the box, in a stream: it holds back as much as could be the beginning of a needle. It finds
// the literal forms only; an upstream that compresses its answer, or cuts the secret in two, is out of its reach.
type redactor struct {
	needles []string // the longest first
	held    []byte
}

func newRedactor(needles []string) *redactor {
	fit := slices.DeleteFunc(slices.Clone(needles), func(needle string) bool { return len(needle) < shortestNeedle })
	slices.SortFunc(fit, func(a, b string) int { return len(b) - len(a) })
	return &redactor{needles: slices.Compact(fit)}
}

// whole redacts a text that is complete.
func (r *redactor) whole(text string) string {
	for _, needle := range r.needles {
		text = strings.ReplaceAll(text, needle, redacted)
	}
	return text
}

// feed takes the next bytes and gives back those that are safe to pass on.
func (r *redactor) feed(next []byte) []byte {
	if len(r.needles) == 0 {
		return next
	}
	r.held = append(r.held, next...)
	var safe []byte
	for {
		at, length := r.find()
		if at < 0 {
			break
		}
		safe = append(append(safe, r.held[:at]...), redacted...)
		r.held = r.held[at+length:]
	}
	cut := max(0, len(r.held)-len(r.needles[0])+1)
	safe = append(safe, r.held[:cut]...)
	r.held = slices.Clone(r.held[cut:])
	return safe
}

// find gives the first needle's place and length; among those at one place, the longest.
func (r *redactor) find() (int, int) {
	first, length := -1, 0
	for _, needle := range r.needles {
		if at := bytes.Index(r.held, []byte(needle)); at >= 0 && (first < 0 || at < first) {
			first, length = at, len(needle)
		}
	}
	return first, length
}

// rest gives back what was held when the stream ended.
func (r *redactor) rest() []byte {
	held := r.held
	r.held = nil
	return held
}

// echoes are the forms in which an upstream might send a value back.
func echoes(value string) []string {
	raw := []byte(value)
	return []string{
		value, url.QueryEscape(value), url.PathEscape(value),
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		inJSON(value, true), inJSON(value, false),
	}
}

// inJSON is the value as it stands in a JSON string, with or without the escapes that HTML needs.
func inJSON(value string, forHTML bool) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(forHTML)
	if encoder.Encode(value) != nil {
		return ""
	}
	return strings.Trim(text.String(), "\"\n")
}

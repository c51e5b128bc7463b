package main

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// undressing is what the box undoes of a body before it looks for the secret: content codings, and charsets of wide units.
type undressing struct {
	codings []string
	charset string
	isText  bool
	opaque  string // what it cannot undo, and would have to in order to find a secret
}

// undress reads from a head what to undo, and takes out of it what the body will not be any more.
func undress(header http.Header) undressing {
	codings, charset := codingsOf(header), charsetOf(header)
	if !canDecode(codings) {
		return undressing{opaque: strings.Join(codings, ", ")}
	}
	header.Del("Content-Encoding")
	u := undressing{codings: codings, charset: charset, isText: isText(header)}
	if slices.Contains(opaque, charset) {
		u.opaque = charset
	}
	declareNarrow(header)
	return u
}

// of is the body as the caller gets it. What cannot be undone stays.
func (u *undressing) of(body io.Reader, most int64) io.Reader {
	return narrow(decode(body, u.codings, most+chunk), u.charset, u.isText)
}

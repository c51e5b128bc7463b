package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// wide are the charsets in which no text stands as ASCII has it, and the order and length of their units. Such an answer becomes
// UTF-8 before it is searched for the secret. The gateway decodes the others, in which a secret of ASCII can be found.
var wide = map[string]units{
	"utf-16": {binary.BigEndian, 2}, "utf-16be": {binary.BigEndian, 2}, "utf-16le": {binary.LittleEndian, 2},
	"unicode": {binary.LittleEndian, 2}, "ucs-2": {binary.BigEndian, 2}, "iso-10646-ucs-2": {binary.BigEndian, 2},
	"utf-32": {binary.BigEndian, 4}, "utf-32be": {binary.BigEndian, 4}, "utf-32le": {binary.LittleEndian, 4},
}

// opaque are the charsets in which a secret of ASCII may stand in other bytes, and that the box does not decode.
var opaque = []string{"utf-7", "unicode-1-1-utf-7", "ibm037", "cp037", "ibm500", "cp500", "ibm1047", "cp1047"}

type units struct {
	order binary.ByteOrder
	width int
}

// marks are the byte order marks, the longer ones first.
var marks = []struct {
	mark string
	units
}{
	{"\xff\xfe\x00\x00", units{binary.LittleEndian, 4}}, {"\x00\x00\xfe\xff", units{binary.BigEndian, 4}},
	{"\xff\xfe", units{binary.LittleEndian, 2}}, {"\xfe\xff", units{binary.BigEndian, 2}},
}

// charsetOf is what an answer declares, in lower case. A Content-Type that cannot be read declares nothing.
func charsetOf(header http.Header) string {
	_, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(parameters["charset"]))
}

// narrow makes UTF-8 of a text of wide units. Where they are declared, the head has said that it is UTF-8. A mark counts for more, but
// not where the head declares another charset.
func narrow(body io.Reader, charset string, isText bool) io.Reader {
	declared, known := wide[charset]
	if !known && (!isText || charset != "" && charset != "utf-8") {
		return body
	}
	return &narrowed{from: bufio.NewReader(body), units: declared}
}

// declareNarrow has the head say UTF-8 where the body will be that.
func declareNarrow(header http.Header) {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if _, known := wide[charsetOf(header)]; err == nil && known {
		parameters["charset"] = "utf-8"
		header.Set("Content-Type", mime.FormatMediaType(kind, parameters))
	}
}

// isText tells whether a body of this type is text for certain: where a mark decides, a picture's first bytes must not.
func isText(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	main, sub, _ := strings.Cut(kind, "/")
	ends := func(suffix string) bool { return sub == suffix || strings.HasSuffix(sub, "+"+suffix) }
	return main == "text" || main == "application" && (ends("json") || ends("xml") || ends("yaml"))
}

// narrowed is a text in UTF-8 that came in units of two or four bytes; or as it came, where neither its head nor its mark says so.
type narrowed struct {
	from  *bufio.Reader
	units units
	begun bool
	ready []byte
	ended error
}

func (n *narrowed) Read(into []byte) (int, error) {
	if !n.begun {
		n.begun = true
		n.skipMark()
	}
	if n.units.width == 0 {
		return n.from.Read(into)
	}
	for n.ended == nil && len(n.ready) < len(into) {
		var next rune
		if next, n.ended = n.next(); n.ended == nil {
			n.ready = utf8.AppendRune(n.ready, next)
		}
		if n.from.Buffered() < n.units.width {
			break
		}
	}
	if len(n.ready) == 0 && n.ended != nil {
		return 0, n.ended
	}
	count := copy(into, n.ready)
	n.ready = n.ready[count:]
	return count, nil
}

func (n *narrowed) skipMark() {
	for _, one := range marks {
		if n.beginsWith(one.mark) {
			n.units = one.units
			_, _ = n.from.Discard(len(one.mark))
			return
		}
	}
}

// beginsWith looks no farther than it must: what is no mark may be a short part of a stream, and more of it come much later.
func (n *narrowed) beginsWith(mark string) bool {
	for index := range len(mark) {
		ahead, _ := n.from.Peek(index + 1)
		if len(ahead) <= index || ahead[index] != mark[index] {
			return false
		}
	}
	return true
}

// next reads one character. What is none becomes U+FFFD.
func (n *narrowed) next() (rune, error) {
	first, err := n.unit()
	if err != nil || n.units.width == 4 || !utf16.IsSurrogate(first) {
		return first, err
	}
	second, err := n.from.Peek(2)
	if err != nil {
		return utf8.RuneError, nil
	}
	both := utf16.DecodeRune(first, rune(n.units.order.Uint16(second)))
	if both != utf8.RuneError {
		_, _ = n.from.Discard(2)
	}
	return both, nil
}

func (n *narrowed) unit() (rune, error) {
	var raw [4]byte
	if _, err := io.ReadFull(n.from, raw[:n.units.width]); err != nil {
		return 0, err
	}
	if n.units.width == 2 {
		return rune(n.units.order.Uint16(raw[:])), nil
	}
	return rune(n.units.order.Uint32(raw[:])), nil
}

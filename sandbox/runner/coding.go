package main

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// mostCodings bounds how often an answer may be coded. Two are sent by mistake, of a server and of what stands before it.
const mostCodings = 2

// decoders undo a content coding (RFC 9110, 8.4.1). The box asks for none; what comes coded all the same is decoded before it is
// searched for the secret.
var decoders = map[string]func(*bufio.Reader) (io.Reader, error){
	"gzip":    gunzip,
	"x-gzip":  gunzip, // an older name of it
	"deflate": inflate,
}

// noCodings are words for none, and those that servers have in the place of one, by mistake.
var noCodings = map[string]bool{
	"": true, "identity": true, "none": true, "utf-8": true, "utf8": true, "binary": true, "8bit": true, "7bit": true, "aws-chunked": true,
}

// codingsOf names the codings of an answer's body, in the order in which they were applied.
func codingsOf(header http.Header) []string {
	var codings []string
	for _, one := range strings.Split(strings.Join(header.Values("Content-Encoding"), ","), ",") {
		if name := strings.ToLower(strings.TrimSpace(one)); !noCodings[name] {
			codings = append(codings, name)
		}
	}
	return codings
}

// canDecode tells whether all of them can be undone.
func canDecode(codings []string) bool {
	for _, name := range codings {
		if decoders[name] == nil {
			return false
		}
	}
	return len(codings) <= mostCodings
}

// decode undoes the codings, the last one first. Between two of them, no more than `most` bytes pass.
func decode(body io.Reader, codings []string, most int64) io.Reader {
	came := &counted{Reader: body}
	body = came
	for index := len(codings) - 1; index >= 0; index-- {
		body = &decoded{from: bufio.NewReader(body), begin: decoders[codings[index]]}
		if index > 0 {
			body = &rationed{body, most}
		}
	}
	if len(codings) == 0 {
		return came.Reader
	}
	return &growing{counted{Reader: body}, came}
}

// decoded is a body without one of its codings. It begins with the first byte: until then, the upstream may take its time.
type decoded struct {
	from  *bufio.Reader
	begin func(*bufio.Reader) (io.Reader, error)
	inner io.Reader
}

func (d *decoded) Read(into []byte) (int, error) {
	if d.inner == nil {
		if _, err := d.from.Peek(1); err != nil {
			return 0, err // an empty body has no coding, whatever its head says
		}
		inner, err := d.begin(d.from)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, blameCoding(err)
		}
		d.inner = inner
	}
	count, err := d.inner.Read(into)
	return count, blameCoding(err)
}

// miscoded is an error of the answer's coding, and none of the connection.
type miscoded struct{ error }

// blameCoding marks an error that a decoder has found, and leaves those that it was given.
func blameCoding(err error) error {
	var corrupt flate.CorruptInputError
	of := errors.As(err, &corrupt)
	for _, known := range []error{gzip.ErrHeader, gzip.ErrChecksum, zlib.ErrHeader, zlib.ErrChecksum, zlib.ErrDictionary} {
		of = of || errors.Is(err, known)
	}
	if of {
		return miscoded{err}
	}
	return err
}

// gunzip undoes `gzip`: one member after another, and no more where something else follows them, as browsers have it.
func gunzip(from *bufio.Reader) (io.Reader, error) {
	if !beginsMember(from) {
		return nil, gzip.ErrHeader
	}
	member, err := gzip.NewReader(from)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &members{from, member}, nil
}

func beginsMember(from *bufio.Reader) bool {
	ahead, _ := from.Peek(2)
	return string(ahead) == "\x1f\x8b"
}

type members struct {
	from   *bufio.Reader
	member *gzip.Reader
}

func (m *members) Read(into []byte) (int, error) {
	count, err := m.member.Read(into)
	if err != io.EOF {
		return count, err
	}
	if !beginsMember(m.from) {
		return count, io.EOF
	}
	err = m.member.Reset(m.from)
	m.member.Multistream(false)
	return count, err
}

// inflate undoes `deflate`, which is zlib's format, and which many servers send without its frame.
func inflate(from *bufio.Reader) (io.Reader, error) {
	frame, err := from.Peek(2)
	if err == nil && frame[0]&0x0f == 8 && (int(frame[0])<<8|int(frame[1]))%31 == 0 {
		return zlib.NewReader(from)
	}
	return flate.NewReader(from), nil
}

// What an answer may grow to when it is decoded, in the place of each byte that came; beyond what any tool may be told, that is. Text
// that repeats itself, such as logs, grows to some tens; deflate can make a thousand of it, which no upstream means.
const (
	mostGrowth = 200
	freeGrowth = 1 << 20
)

// errRationed says that what was coded twice has become too much in between; errGrown, that little came and much was made of it.
var (
	errRationed = errors.New("too much between two codings")
	errGrown    = fmt.Errorf("decoded, the answer is more than %d times as large as what came", mostGrowth)
)

// counted counts what is read.
type counted struct {
	io.Reader
	count int64
}

func (c *counted) Read(into []byte) (int, error) {
	count, err := c.Reader.Read(into)
	c.count += int64(count)
	return count, err
}

// growing ends where it has become too large for what came.
type growing struct {
	counted
	came *counted
}

func (g *growing) Read(into []byte) (int, error) {
	count, err := g.counted.Read(into)
	if g.count > freeGrowth && g.count > mostGrowth*g.came.count {
		return 0, errGrown
	}
	return count, err
}

// rationed passes on so many bytes.
type rationed struct {
	io.Reader
	left int64
}

func (r *rationed) Read(into []byte) (int, error) {
	count, err := r.Reader.Read(into)
	if r.left -= int64(count); r.left < 0 {
		return 0, errRationed
	}
	return count, err
}

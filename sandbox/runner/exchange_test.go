package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// toldSession is a session whose gateway is a buffer, and `told` gives the bytes of bodies that went there.
func toldSession() (told func() string, s *session) {
	var sent bytes.Buffer
	s = newSession(&channel{out: bufio.NewWriter(&sent)}, context.Background(), true)
	return func() string {
		s.gateway.flush()
		text := ""
		for {
			next, err := readFrame(&sent)
			if err != nil {
				return text
			}
			if next.kind == body {
				text += string(next.payload)
			}
		}
	}, s
}

// breaking is a body that ends in an error.
func breaking(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), readerOf(func([]byte) (int, error) { return 0, err }))
}

type readerOf func([]byte) (int, error)

func (r readerOf) Read(into []byte) (int, error) { return r(into) }

func TestHoweverABodyEndsWhatWasHeldOfItIsToldAsAtItsEnd(t *testing.T) {
	long := strings.Repeat(whole, 4000)
	for name, end := range map[string]error{"clean": io.EOF, "cut": io.ErrUnexpectedEOF, "late": os.ErrDeadlineExceeded} {
		for text, wanted := range map[string]string{
			"data: 1\n\ndata: " + strings.Repeat("Q", 60): "data: 1\n\ndata: " + strings.Repeat("Q", 60),
			"data: x" + whole[:20]:                        "data: x[REDACTED]",
			"data: x" + whole[:5]:                         "data: x" + whole[:5],
			`data: \u00`:                                  `data: \u00`,
		} {
			told, s := toldSession()
			work := &attempt{session: s, job: &job{ResponseBytes: 1 << 20}}
			f := work.stream(breaking(text, end), newRedactor([]string{whole, long}, []string{whole, long}))
			if got := told(); got != wanted || (f == nil) != (end == io.EOF) {
				t.Errorf("%s, %q: %q, not %q (%v)", name, text, got, wanted, f)
			}
		}
	}
}

func TestWhatCameBeforeABodyWasTooLargeIsTold(t *testing.T) {
	told, s := toldSession()
	work, text := &attempt{session: s, job: &job{ResponseBytes: 100}}, "data: "+strings.Repeat("Q", 60)
	from := io.MultiReader(strings.NewReader(text), strings.NewReader(text))
	if f := work.stream(from, halving(whole)); f == nil || f.fault != faultResponseTooLarge || told() != (text + text)[:100] {
		t.Errorf("%v", f)
	}
}

func TestAProgramReadsWhatWasHeldOfABodyBeforeItBrokeOff(t *testing.T) {
	why := errors.New("broken")
	text := "data: " + strings.Repeat("Q", 60)
	got, err := io.ReadAll(&redactedBody{source: io.NopCloser(breaking(text, why)), redact: halving(whole)})
	if string(got) != text || !errors.Is(err, why) {
		t.Errorf("%q %v", got, err)
	}
}

func TestACodingInWhichAnUpstreamQuotesHalfOfASecretIsToldWithoutIt(t *testing.T) {
	_, s := toldSession()
	header := http.Header{"Content-Encoding": {"x " + strings.ToLower(whole[:14]) + " x, " + strings.Repeat("x", 99)}}
	secret := strings.ToLower(whole)
	got := &response{status: 200, answer: &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(strings.NewReader(""))}}
	f := (&attempt{session: s, job: &job{}}).tellAnswer(got, &step{}, "", halving(secret))
	if f == nil || f.fault != faultAnswerUndecodable || strings.Contains(f.message, secret[:14]) || len(f.message) > 160 {
		t.Errorf("%v", f)
	}
}

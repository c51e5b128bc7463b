package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
)

const chunk = 32 << 10

const longestCodingTold = 64 // of an upstream's names for what it has done to a body

// response is how an answer begins: its status alone where err is why there is no more of its head.
type response struct {
	conn   net.Conn
	bound  *io.LimitedReader
	answer *http.Response
	status int
	err    error
}

// succeeded tells whether it is an answer with what was asked for.
func (r *response) succeeded() bool { return r.err == nil && r.status/100 == 2 }

// exchange sends the request, and follows where the upstream redirects it, as far as that is permitted; then it streams the answer
// to the gateway. From here on, the upstream may have acted. It closes the connection.
func (a *attempt) exchange(conn net.Conn, asked *step, request net.Buffers) *flaw {
	defer a.watch.start("exchange")()
	got, asked, unfollowed := a.arrive(conn, asked, request)
	defer got.conn.Close()
	return a.tellAnswer(got, asked, unfollowed, a.redactor(asked.made))
}

// arrive sends a request, and follows where it is redirected. It gives the answer that is there in the end, what that is an answer to,
// and why a further redirect was not followed.
func (a *attempt) arrive(conn net.Conn, asked *step, request net.Buffers) (*response, *step, string) {
	got, unfollowed := a.await(conn, asked, request), ""
	for hops := 0; got.redirects() && unfollowed == ""; hops++ {
		next, why := a.follow(asked, got.answer, hops, a.redactor(asked.made))
		if why == "" {
			conn, why = a.reach(next)
		}
		if unfollowed = why; why == "" {
			_ = got.conn.Close()
			asked, got = next, a.await(conn, next, next.write(a.goods.credentials))
		}
	}
	return got, asked, unfollowed
}

// redactor takes out of an answer what the job has in Vault, and what was made of it for the requests that led there.
func (a *attempt) redactor(made []string) *redactor {
	return newRedactor(append(a.goods.needles(), made...), a.goods.credentials.halved())
}

// await sends one request, and reads the head of its answer.
func (a *attempt) await(conn net.Conn, asked *step, request net.Buffers) *response {
	send(request, conn)
	if asked.streamed > 0 {
		go a.passOn(conn, asked.streamed)
	}
	bound := &io.LimitedReader{R: conn, N: longestHead}
	answer, status, err := readHead(bufio.NewReader(bound), asked.method)
	return &response{conn, bound, answer, status, err}
}

func (a *attempt) tellAnswer(got *response, asked *step, unfollowed string, redact *redactor) *flaw {
	if got.err != nil && got.status == 0 {
		if f := a.turnedAway(got.conn, asked, got.err); f != nil && !asked.redirected {
			return f
		}
		return a.blame(got.err, faultUpstreamBroke, sent, "the upstream did not give an HTTP answer")
	}
	plain := undressing{}
	if got.answer != nil && asked.method != http.MethodHead {
		plain = undress(got.answer.Header)
	}
	told := answerHead{Status: got.status, Headers: headersOf(got.answer, redact), Unfollowed: redact.whole(unfollowed)}
	if url := redact.whole(asked.url()); asked.redirected && len(url) < longestMessage {
		told.URL = url
	}
	if got.answer != nil && isStream(got.answer.Header) {
		a.gateway.hurry()
	}
	// Before anything else: with its status, the request is answered, whatever becomes of the rest.
	a.tell(a.gateway.sendJSON(head, told))
	if got.err != nil {
		return a.blame(got.err, faultUpstreamBroke, sent, "the head of the upstream's answer ended early, or is malformed or too long")
	}
	if redact.isNeeded() && plain.opaque != "" {
		came := redact.whole(plain.opaque)
		came = came[:min(len(came), longestCodingTold)]
		return &flaw{faultAnswerUndecodable, sent, "the answer came as " + came + ", which cannot be searched for the secret"}
	}
	if got.answer.ContentLength > a.ResponseBytes && asked.method != http.MethodHead {
		return a.tooLarge()
	}
	got.bound.N = math.MaxInt64
	content := plain.of(got.answer.Body, a.ResponseBytes)
	if !isStream(got.answer.Header) { // the gateway reads the events of one
		a.tally = make(tally, len(a.Counts))
	}
	if a.Pages != nil && got.succeeded() {
		return a.tellPages(content, got, asked, redact)
	}
	return a.stream(content, redact)
}

// send writes a request that the broker's socket takes at once, and a larger one beside the reading: an upstream may answer, and
// close, before it has read all of a body.
func send(request net.Buffers, conn net.Conn) {
	write := func() { _, _ = request.WriteTo(conn) }
	if len(request) > 1 || len(request[0]) > chunk {
		go write()
	} else {
		write()
	}
}

// stream passes the body on, up to the job's bound. However it ends, what was held back of it is told, too.
func (a *attempt) stream(from io.Reader, redact *redactor) *flaw {
	defer func() { a.forward(redact.rest()) }()
	buffer, counter := make([]byte, chunk), newCounter(a.Counts)
	for left := a.ResponseBytes; ; {
		count, err := from.Read(buffer)
		if left -= int64(count); left < 0 {
			a.forward(redact.feed(buffer[:int64(count)+left])) // how much of it is told must not hang on how it came
			return a.tooLarge()
		}
		if len(a.tally) > 0 {
			counter.feed(buffer[:count])
		}
		a.forward(redact.feed(buffer[:count]))
		if err == io.EOF {
			a.tally.add(counter, redact)
			return nil
		}
		if err != nil {
			return a.broken(err)
		}
	}
}

// broken is why a body has no end.
func (a *attempt) broken(err error) *flaw {
	switch {
	case errors.Is(err, errRationed):
		return a.tooLarge()
	case errors.Is(err, errGrown):
		return &flaw{faultResponseTooLarge, sent, err.Error()}
	}
	if coding := (miscoded{}); errors.As(err, &coding) {
		return &flaw{faultAnswerUndecodable, sent, "the answer is not coded as its Content-Encoding says: " + coding.Error()}
	}
	return a.blame(err, faultUpstreamBroke, sent, "the upstream's answer ended early")
}

func (s *session) forward(content []byte) {
	for piece := range slices.Chunk(content, chunk) {
		s.tell(s.gateway.send(body, piece))
	}
}

// tell ends the box where the gateway cannot be told any more.
func (s *session) tell(err error) {
	if err != nil {
		os.Exit(0)
	}
}

func (a *attempt) tooLarge() *flaw {
	fault := faultResponseTooLarge
	if a.Spills {
		fault = faultArtifactTooLarge
	}
	return &flaw{fault, sent, fmt.Sprintf("the answer is larger than %d bytes", a.ResponseBytes)}
}

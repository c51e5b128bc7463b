package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// job is one HTTP request, complete but for its secret.
type job struct {
	Method        string        `json:"method"`
	URL           string        `json:"url"`
	Headers       [][2]string   `json:"headers"`
	HasBody       bool          `json:"has_body"`
	BodyBytes     int64         `json:"body_bytes"` // of a body that comes once the request may be sent, in pieces; else 0
	TimeoutMS     int64         `json:"timeout_ms"`
	ResponseBytes int64         `json:"response_bytes"`
	SendWithinMS  int64         `json:"send_within_ms"` // 0: ask
	Redirects     []string      `json:"redirects"`      // where the upstream may redirect to, beside its own origin
	Portable      []string      `json:"portable"`       // headers that go along to another origin, beside those of redirect.go
	Secret        *vaultSecrets `json:"secret"`
	Authorities   string        `json:"authorities"` // PEM: who may vouch for the upstream, beside those of the bundle
	Certificate   *vaultSecrets `json:"certificate"` // what the upstream's TLS is shown, and its key: one reference
	Pages         *paging       `json:"pages"`       // how the answer goes on in further answers
	Counts        [][]string    `json:"counts"`      // pointers: where the numbers may stand by which it is paid, the first counts
	Spills        bool          `json:"spills"`      // the bound is the gateway's, of what is an artifact, and not the tool's
	Token         *tokenOrder   `json:"token"`       // the token that is obtained, in place of a request of a caller's

	body   []byte
	origin origin
	target string // the request line's, exactly as the URL has it
}

// streams tells whether its body is passed on as it comes. Then it can be sent once.
func (j *job) streams() bool { return j.BodyBytes > 0 }

// acts tells whether the request may change anything: only one that does not is sent unasked.
func (j *job) acts() bool { return j.SendWithinMS == 0 }

// origin is what to connect to, and how.
type origin struct {
	secure bool
	host   string // without brackets
	port   string
	header string // for the Host header: as written
}

func (o origin) authority() string { return net.JoinHostPort(o.host, o.port) }

func (o origin) scheme() string { return map[bool]string{true: "https", false: "http"}[o.secure] }

// text is for people.
func (o origin) text() string { return o.scheme() + "://" + o.authority() }

// same tells whether two are one origin (RFC 6454): scheme, host and port.
func (o origin) same(other origin) bool {
	return o.secure == other.secure && o.port == other.port && strings.EqualFold(o.host, other.host)
}

// flaw is why there is no complete answer, as one of the faults of faultcode.go. Its message never carries a secret or a token.
type flaw struct{ fault, evidence, message string }

const (
	notSent = "NOT_SENT"
	sent    = "SENT"
)

func invalid(message string) *flaw { return &flaw{faultJobInvalid, notSent, message} }

func unsent(fault, message string) *flaw { return &flaw{fault, notSent, message} }

func parseJob(payload []byte) (*job, *flaw) {
	j := &job{}
	if json.Unmarshal(payload, j) != nil {
		return nil, invalid("the job is not the JSON that it should be")
	}
	if j.TimeoutMS <= 0 || j.ResponseBytes < 0 || j.BodyBytes < 0 {
		return nil, invalid("the job's bounds are not positive")
	}
	if !isToken(j.Method) {
		return nil, invalid("the method is not an HTTP token")
	}
	for _, header := range j.Headers {
		if !isToken(header[0]) || !isFieldValue(header[1]) {
			return nil, invalid("a header cannot be written")
		}
		if framing[strings.ToLower(header[0])] {
			return nil, invalid("the header " + header[0] + " is the runner's to write")
		}
	}
	return j, j.locate()
}

// framing names the headers that decide where a message begins and ends, and for whom it is. A job that could write them could
// smuggle a second request behind the first.
var framing = map[string]bool{
	"host": true, "content-length": true, "transfer-encoding": true, "connection": true, "upgrade": true,
	"te": true, "trailer": true, "expect": true, "keep-alive": true, "proxy-connection": true,
}

// locate takes the URL apart. The target is cut from the text, so that nothing is escaped a second time.
func (j *job) locate() *flaw {
	o, target, ok := parseURL(j.URL)
	if !ok {
		return invalid("the URL is not an absolute http or https URL")
	}
	j.origin, j.target = o, target
	return nil
}

func parseURL(text string) (origin, string, bool) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.User != nil || parsed.Hostname() == "" || strings.ContainsAny(text, "#\\") || !isVisible(text) {
		return origin{}, "", false
	}
	scheme, rest, _ := strings.Cut(text, "://")
	o := origin{secure: scheme == "https", host: parsed.Hostname(), port: parsed.Port(), header: parsed.Host}
	if scheme != "http" && scheme != "https" {
		return origin{}, "", false
	}
	if o.port == "" {
		o.port = map[bool]string{true: "443", false: "80"}[o.secure]
	}
	target := "/"
	if cut := strings.IndexAny(rest, "/?"); cut >= 0 {
		target = "/" + strings.TrimPrefix(rest[cut:], "/")
	}
	return o, target, true
}

// isToken tells whether text can be a method or a header's name (RFC 9110, 5.6.2).
func isToken(text string) bool {
	for _, char := range text {
		letter := char|0x20 >= 'a' && char|0x20 <= 'z'
		if !letter && (char < '0' || char > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", char) {
			return false
		}
	}
	return text != ""
}

// isFieldValue tells whether text can stand in a header: no control character but the tab.
func isFieldValue(text string) bool {
	return !strings.ContainsFunc(text, func(char rune) bool { return char < 0x20 && char != '\t' || char == 0x7f })
}

// isVisible tells whether text is of visible ASCII characters only, as a URL must be.
func isVisible(text string) bool {
	return !strings.ContainsFunc(text, func(char rune) bool { return char <= ' ' || char >= 0x7f })
}

// attempt is a request under way.
type attempt struct {
	*session
	*job
	goods  *goods // what it has in Vault
	paged  *pagesTold
	tally  tally  // of the answers that it has got
	grant  *grant // once it has asked
	wanted bool   // whether the upstream's TLS has asked for a certificate
	later  int64  // seconds for which a token endpoint does not want to be asked again
}

// grant is for how long the request may begin to be sent.
type grant struct {
	since        time.Time
	milliseconds int64
}

func newAttempt(s *session, j *job) *attempt {
	return &attempt{session: s, job: j, goods: newGoods()}
}

// perform reads as the job runs: prepare everything, ask, and only then send.
func (a *attempt) perform() *flaw {
	if a.Token != nil {
		return a.obtain()
	}
	first := a.first()
	conn, flaw := a.prepare(first)
	if flaw != nil {
		return flaw
	}
	if a.streams() && a.goods.credentials.hold() {
		_ = conn.Close()
		return invalid("its signature holds the body, which an artifact's bytes only pass by; give the bytes themselves, in base64")
	}
	request := first.write(a.goods.credentials)
	if flaw := a.ask(); flaw != nil {
		_ = conn.Close()
		return flaw
	}
	return a.exchange(conn, first, request)
}

// prepare redeems what lies in Vault and connects to the upstream, both at once. The first flaw is reported; the other is not
// waited for.
func (a *attempt) prepare(first *step) (net.Conn, *flaw) {
	if a.Secret == nil && a.Certificate == nil {
		a.goods.settle(nil)
		return a.connectUpstream(first)
	}
	var (
		conn  net.Conn
		flaws = make(chan *flaw, 2)
	)
	go func() {
		var f *flaw
		conn, f = a.connectUpstream(first)
		flaws <- f
	}()
	go func() {
		defer a.watch.start("secret")()
		flaws <- a.goods.settle(a.redeemInto(a.goods, a.Secret, a.Certificate))
	}()
	for range 2 {
		if f := <-flaws; f != nil {
			return nil, f
		}
	}
	return conn, nil
}

// ask stops before the first byte of the request until the gateway has answered, where the job does not permit it by itself. The
// bound counts from the question, not from the answer, or from the job: however long either lay in the socket, nothing is sent later
// than the gateway believes. A second call looks at the time alone.
func (a *attempt) ask() *flaw {
	if a.grant == nil {
		if f := a.askOnce(); f != nil {
			return f
		}
	}
	return within(a.grant.since, a.grant.milliseconds)
}

func (a *attempt) askOnce() *flaw {
	defer a.watch.start("permission")()
	if a.SendWithinMS > 0 {
		a.grant = &grant{a.watch.origin, a.SendWithinMS}
		return nil
	}
	asked := time.Now()
	a.tell(a.gateway.send(ask, nil))
	select {
	case <-a.ctx.Done():
		return unsent(faultTimedOut, "the job's time ended before the permission to send came")
	case answer := <-a.gateway.frames:
		var granted permission
		if answer.kind != permit || json.Unmarshal(answer.payload, &granted) != nil {
			return unsent(faultPermissionRefused, "the gateway did not permit the request")
		}
		a.grant = &grant{asked, granted.SendWithinMS}
		return nil
	}
}

func (a *attempt) connectUpstream(first *step) (net.Conn, *flaw) {
	defer a.watch.start("connect")()
	began := time.Now()
	conn, f := a.connectBy(a.tlsOf(first), first.origin, faultUpstreamUnreachable)
	if f != nil {
		return nil, a.withCure(f)
	}
	if f := a.awaitVerdict(conn, first, time.Since(began)); f != nil {
		_ = conn.Close()
		return nil, f
	}
	return conn, nil
}

func within(begin time.Time, milliseconds int64) *flaw {
	if time.Since(begin) > time.Duration(milliseconds)*time.Millisecond {
		return unsent(faultPermissionRefused, "the permission to send had ended when it could be used")
	}
	return nil
}

// blame names the fault behind err: the broker's no, the job's time where that is over, and the given one otherwise.
func (s *session) blame(err error, fault, evidence, message string) *flaw {
	if no := (refused{}); errors.As(err, &no) {
		return no.flaw
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || s.ctx.Err() != nil {
		return &flaw{faultTimedOut, evidence, "the job's time ended: " + message}
	}
	return &flaw{fault, evidence, message}
}

type phase struct {
	Name       string `json:"name"`
	OffsetUS   int64  `json:"offset_us"`
	DurationUS int64  `json:"duration_us"`
}

// stopwatch notes what took how long, since the job arrived.
type stopwatch struct {
	origin time.Time
	lock   sync.Mutex
	past   []phase
}

func newStopwatch() *stopwatch { return &stopwatch{origin: time.Now(), past: []phase{}} }

// start begins a phase; the function that it returns ends it.
func (s *stopwatch) start(name string) func() {
	started := time.Now()
	return func() {
		s.lock.Lock()
		defer s.lock.Unlock()
		s.past = append(s.past, phase{name, started.Sub(s.origin).Microseconds(), time.Since(started).Microseconds()})
	}
}

func (s *stopwatch) phases() []phase {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.past
}

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
)

// paging is how a list goes on behind its answer, as the tool's manifest says it.
type paging struct {
	Most  int    `json:"most"` // pages of one job
	Kind  string `json:"kind"`
	Items string `json:"items"` // pointer: the array that is joined
	Next  string `json:"next"`  // pointer: the cursor, or the URL of the next page
	More  string `json:"more"`  // pointer: what is false on the last page
	Query string `json:"query"` // the parameter's name, percent-encoded
	Body  string `json:"body"`  // pointer into the request's body, in the place of a parameter
	Start int64  `json:"start"` // the number of the first page, or its offset
}

// The ways in which a list goes on.
const (
	byCursor = "cursor"
	byPage   = "page"
	byOffset = "offset"
	byLink   = "link"
)

// Why no further page was fetched, where the list may go on, or is none.
const (
	stopNotPaged = "NOT_PAGED"
	stopLoop     = "LOOP"
	stopFailed   = "FAILED"
	stopTooLarge = "TOO_LARGE"
	stopTime     = "TIME"
	stopOrigin   = "ORIGIN"
)

// pagesTold is what the gateway is told of the pages of an answer.
type pagesTold struct {
	Fetched int    `json:"fetched"`
	Items   int    `json:"items"`
	Next    string `json:"next"`    // JSON: the cursor, number or URL by which the list goes on; empty: it does not, as far as is known
	Hidden  bool   `json:"hidden"`  // a secret was taken out of next, by which the list goes on for no caller then
	Stopped string `json:"stopped"` // one of the words above, or empty
	Why     string `json:"why"`     // for people
}

// roll is the pages as they come: all items, and what stands around them in the last page.
type roll struct {
	*attempt
	redact *redactor
	made   []string // of credentials, for all requests so far
	told   pagesTold
	items  []byte
	before []byte
	after  []byte
	seen   map[[sha256.Size]byte]bool
}

// tellPages sends the gateway one answer that is made of several: the first one is there, and the head is told. What fails after it
// ends the list early, and costs nothing of what came.
func (a *attempt) tellPages(content io.Reader, got *response, asked *step, redact *redactor) *flaw {
	first, f := a.readPage(content, a.ResponseBytes)
	if f != nil {
		a.forward(redact.feed(first))
		a.forward(redact.rest())
		return f
	}
	a.countPage(first, redact)
	all := &roll{attempt: a, redact: redact, made: asked.made, seen: map[[sha256.Size]byte]bool{}}
	a.paged = &all.told
	next, why := all.take(first, got, asked)
	if why != nil {
		all.stop(stopNotPaged, why.Error())
		all.before = first
	} else {
		all.goOn(next)
	}
	all.told.Why = all.redact.whole(all.told.Why)
	for _, part := range [][]byte{all.before, all.items, all.after} {
		a.forward(all.redact.feed(part))
	}
	a.forward(all.redact.rest())
	return nil
}

// readPage reads all of a page, up to a bound.
func (a *attempt) readPage(content io.Reader, most int64) ([]byte, *flaw) {
	page, err := io.ReadAll(io.LimitReader(content, most+1))
	switch {
	case int64(len(page)) > most:
		return page[:min(int64(len(page)), most)], a.tooLarge()
	case err != nil:
		return page, a.broken(err)
	}
	return page, nil
}

func (r *roll) stop(word, why string) { r.told.Stopped, r.told.Why = word, why }

// goOn fetches what follows, as long as something does, and there is time and room for it.
func (r *roll) goOn(next *step) {
	later, cancel := r.sooner()
	defer cancel()
	for next != nil && r.told.Fetched < r.Pages.Most {
		if next.streamed > 0 { // another attempt sends it anew: the caller has what leads to the next page
			r.stop(stopFailed, "the request's body has passed, and is not here any more")
			return
		}
		page, got, asked, f := r.fetch(later, next)
		if f != nil {
			r.stopFor(f)
			return
		}
		var why error
		if next, why = r.take(page, got, asked); why != nil {
			r.stop(stopFailed, fmt.Sprintf("page %d: %s", r.told.Fetched+1, why))
			return
		}
	}
}

// sooner is the attempt with less time: a page that hangs must leave enough to tell of those that came.
func (r *roll) sooner() (*attempt, context.CancelFunc) {
	deadline, _ := r.ctx.Deadline()
	kept := min(time.Second, time.Until(deadline)/5)
	ctx, cancel := context.WithDeadline(r.ctx, deadline.Add(-kept))
	hurried, later := *r.session, *r.attempt
	hurried.ctx, hurried.unasked = ctx, false
	later.session = &hurried
	return &later, cancel
}

func (r *roll) stopFor(f *flaw) {
	words := map[string]string{faultResponseTooLarge: stopTooLarge, faultArtifactTooLarge: stopTooLarge, faultTimedOut: stopTime}
	word := words[f.fault]
	if word == "" {
		word = stopFailed
	}
	r.stop(word, fmt.Sprintf("page %d: %s", r.told.Fetched+1, f.message))
}

// fetch asks for one more page. Its redirects are followed as the first one's.
func (r *roll) fetch(a *attempt, next *step) ([]byte, *response, *step, *flaw) {
	if a.ctx.Err() != nil {
		return nil, nil, nil, &flaw{faultTimedOut, sent, "the call's time was over"}
	}
	conn, why := a.reach(next)
	if why != "" {
		fault := faultUpstreamUnreachable
		if a.ctx.Err() != nil {
			fault = faultTimedOut
		}
		return nil, nil, nil, &flaw{fault, sent, why}
	}
	got, asked, _ := a.arrive(conn, next, next.write(a.goods.credentials))
	defer got.conn.Close()
	r.made = append(r.made, asked.made...)
	r.redact = a.redactor(r.made)
	page, f := r.receive(a, got)
	if f != nil { // it was asked for, and may cost as much as those that came
		r.tally.lack()
		return nil, nil, nil, f
	}
	r.countPage(page, r.redact)
	return page, got, asked, nil
}

// receive reads the answer that should be a page.
func (r *roll) receive(a *attempt, got *response) ([]byte, *flaw) {
	if got.err != nil {
		return nil, a.blame(got.err, faultUpstreamBroke, sent, "the upstream did not give an HTTP answer")
	}
	if !got.succeeded() {
		return nil, &flaw{faultUpstreamBroke, sent, fmt.Sprintf("the upstream answered with status %d", got.status)}
	}
	plain := undress(got.answer.Header)
	got.bound.N = math.MaxInt64
	left := r.ResponseBytes - int64(len(r.items))
	return a.readPage(plain.of(got.answer.Body, left), left)
}

// countPage adds the numbers of a page, whether or not it will be joined.
func (a *attempt) countPage(page []byte, redact *redactor) {
	if len(a.tally) > 0 {
		counter := newCounter(a.Counts)
		counter.feed(page)
		a.tally.add(counter, redact)
	}
}

// take joins a page to those before it, and gives what is to be asked for next: nothing where the list ends.
func (r *roll) take(page []byte, got *response, asked *step) (*step, error) {
	page = bytes.TrimPrefix(page, []byte("\xef\xbb\xbf"))
	if !json.Valid(page) {
		return nil, fmt.Errorf("the answer is no JSON")
	}
	where, ok := locate(page, r.Pages.Items)
	if !ok || page[where.from] != '[' {
		return nil, fmt.Errorf("the answer has no array at %q", r.Pages.Items)
	}
	count := 0
	for range partsOf(page, where.from) {
		count++
	}
	inner := bytes.TrimSpace(page[where.from+1 : where.to-1])
	if print := sha256.Sum256(inner); count > 0 && r.seen[print] {
		r.leadOn("")
		r.stop(stopLoop, fmt.Sprintf("page %d has the items of a page before it", r.told.Fetched+1))
		return nil, nil
	} else {
		r.seen[print] = true
	}
	r.join(page, where, inner, count)
	return r.next(page, count, got, asked), nil
}

func (r *roll) join(page []byte, where span, inner []byte, count int) {
	if len(r.items) > 0 && count > 0 {
		r.items = append(r.items, ',')
	}
	r.items = append(r.items, inner...)
	r.before, r.after = page[:where.from+1], page[where.to-1:]
	r.told.Fetched++
	r.told.Items += count
}

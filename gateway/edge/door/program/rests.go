package main

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// restField is the gateway's word to the door: the same token's requests of the same method get the same refusal for so many
	// milliseconds. No client sees it.
	restField = "Callgate-Rest-Ms"
	// mostRests are kept at one time, each of a token and a method; longestRest bounds each.
	mostRests, longestRest = 1024, 5 * time.Second
)

// rests are refusals that the door gives by itself for a while. A caller that has all of its share, and asks on as fast as it can,
// costs the gateway a moment for each of its requests, and the other callers wait for all of these.
type rests struct {
	mutex sync.Mutex
	of    map[[sha256.Size]byte]rest
}

type rest struct {
	status http.Header
	until  time.Time
}

func newRests() *rests { return &rests{of: map[[sha256.Size]byte]rest{}} }

// whose names a token and a method. No token is kept.
func whose(request *http.Request) [sha256.Size]byte {
	return sha256.Sum256([]byte(request.URL.Path + "\n" + strings.Join(request.Header["Authorization"], "\n")))
}

// heed takes the gateway's word out of a refusal's trailers, and keeps the refusal where there is such a word.
func (r *rests) heed(request *http.Request, status http.Header) {
	word := status.Get(restField)
	if word == "" {
		return
	}
	status.Del(restField)
	if milliseconds, err := strconv.Atoi(word); err == nil && milliseconds > 0 && status.Get(statusField) != "0" {
		r.keep(whose(request), rest{status.Clone(), time.Now().Add(min(longestRest, time.Duration(milliseconds)*time.Millisecond))})
	}
}

func (r *rests) keep(key [sha256.Size]byte, refusal rest) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.of) >= mostRests {
		r.forget(time.Now())
	}
	if len(r.of) < mostRests {
		r.of[key] = refusal
	}
}

// forget drops those that have ended.
func (r *rests) forget(now time.Time) {
	for key, one := range r.of {
		if !now.Before(one.until) {
			delete(r.of, key)
		}
	}
}

func (c *connection) refuseResting(writer http.ResponseWriter, request *http.Request) bool {
	refused := c.gate.rests.refuse(writer, request)
	if refused {
		c.meter.earn(forAnswer)
	}
	return refused
}

// refuse answers a request whose token and method rest, and tells whether it did.
func (r *rests) refuse(writer http.ResponseWriter, request *http.Request) bool {
	status := r.find(whose(request))
	if status == nil {
		return false
	}
	sent := newBody(request.Body)
	header := writer.Header()
	header.Set(typeField, grpcType)
	for name, values := range status {
		header[http.TrailerPrefix+name] = values
	}
	writer.WriteHeader(http.StatusOK)
	sent.takeRest()
	return true
}

func (r *rests) find(key [sha256.Size]byte) http.Header {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	one, kept := r.of[key]
	if !kept {
		return nil
	}
	if !time.Now().Before(one.until) {
		delete(r.of, key)
		return nil
	}
	return one.status
}

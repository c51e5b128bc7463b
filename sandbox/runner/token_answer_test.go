package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answerOf is what an endpoint has answered, read.
func answerOf(status int, body string, vault *keptToken) (*granted, *flaw) {
	answer := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
	return readGranted(answer, []byte(body), vault)
}

func TestAnAccessTokenIsKeptForAsLongAsItsEndpointSays(t *testing.T) {
	given, f := answerOf(200, `{"access_token": "a", "expires_in": 5184000}`, &keptToken{person: true})
	if f != nil {
		t.Fatal(f.message)
	}
	if given.expiresIn != longestLife {
		t.Errorf("the gateway is told %d s, and believes no more than a day", given.expiresIn)
	}
	if until := secondsOf(timesOf(given)[fieldGoodUntil]); until < time.Now().Unix()+59*24*3600 {
		t.Errorf("it is kept as good until %d", until)
	}
}

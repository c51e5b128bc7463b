package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// credentialKind makes a credential of the texts in so many fields of a secret, and of the parameters that the kind has.
type credentialKind struct {
	fields []int
	make   func(parameters json.RawMessage, values []string) (*credential, *flaw)
}

// credentialKinds are the kinds of credential that there are. registry/credentials/__init__.py says how to add one.
var credentialKinds = map[string]credentialKind{
	"header_value":   {[]int{1}, headerValue},
	"http_basic":     {[]int{1, 2}, httpBasic},
	"obtained_token": {[]int{1}, obtainedToken},
}

func kindOf(ref *secretRef) (credentialKind, *flaw) {
	kind, known := credentialKinds[ref.Kind]
	if !known {
		return kind, invalid("the runner knows no such kind of credential")
	}
	if !slices.Contains(kind.fields, len(ref.Fields)) {
		return kind, invalid("the credential is not made of as many fields of a secret as its kind takes")
	}
	return kind, nil
}

// parseParameters reads what the kind is told. What it does not know it must not leave out in silence: that could send a secret in
// another form than was meant.
func parseParameters(parameters json.RawMessage, into any) *flaw {
	decoder := json.NewDecoder(bytes.NewReader(parameters))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil {
		return invalid("the credential's parameters are not those of its kind")
	}
	return nil
}

// credential is a secret in the form that its kind gives it.
type credential struct {
	put     func(*outgoing) // puts it into a request
	name    string          // of its place in a request
	file    string          // what a program that must hold it finds in its file
	secrets []string        // the texts that must not leave the box
}

// credentials are all that authenticates a job: none, or every one of them.
type credentials []*credential

// needles are the texts to look for in what leaves the box.
func (all credentials) needles() []string {
	var texts []string
	for _, one := range all {
		texts = append(texts, one.secrets...)
	}
	return texts
}

func (all credentials) put(o *outgoing) {
	for _, one := range all {
		one.put(o)
	}
}

// withoutLineEnds is a secret's text without those at its end: a file that it was stored from had them, and no place in a request can
// mean them.
func withoutLineEnds(text string) string { return strings.TrimRight(text, "\r\n") }

// addTo puts the credentials into a program's request, in the place of whatever the program has put there.
func (all credentials) addTo(request *http.Request) {
	out := &outgoing{method: request.Method, host: request.Host, target: request.URL.RequestURI()}
	for name, values := range request.Header {
		for _, value := range values {
			out.headers = append(out.headers, [2]string{name, value})
		}
	}
	all.put(out)
	_, request.URL.RawQuery, _ = strings.Cut(out.target, "?")
	request.Header = http.Header{}
	for _, header := range out.headers {
		request.Header.Add(header[0], header[1])
	}
}

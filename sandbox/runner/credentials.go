package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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
	"aws_sigv4":      {[]int{2, 3}, awsSigv4},
	"header_value":   {[]int{1}, headerValue},
	"hmac_signature": {[]int{1, 2}, hmacSignature},
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
	signs   bool            // what all others have put there, too: it comes last
	holds   bool            // its signature holds the body, which must be there as a whole
	name    string          // of its place in a request
	file    string          // what a program that must hold it finds in its file
	secrets []string        // the texts that must not leave the box
	halved  []string        // those of which no half must either: what is secret alone
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

// halved are those of them of which no half must leave it either.
func (all credentials) halved() []string {
	var texts []string
	for _, one := range all {
		texts = append(texts, one.halved...)
	}
	return texts
}

func (all credentials) put(o *outgoing) {
	for _, signing := range []bool{false, true} {
		for _, one := range all {
			if one.signs == signing {
				one.put(o)
			}
		}
	}
}

// sign tells whether one of them must know all of a request.
func (all credentials) sign() bool {
	return slices.ContainsFunc(all, func(one *credential) bool { return one.signs })
}

// hold tells whether one of them must know all of a body.
func (all credentials) hold() bool {
	return slices.ContainsFunc(all, func(one *credential) bool { return one.holds })
}

// withoutLineEnds is a secret's text without those at its end: a file that it was stored from had them, and no place in a request can
// mean them.
func withoutLineEnds(text string) string { return strings.TrimRight(text, "\r\n") }

// addTo puts the credentials into a program's request, in the place of whatever the program has put there. It gives what was made
// for this request alone, and must not come back.
func (all credentials) addTo(request *http.Request) ([]string, error) {
	out := &outgoing{method: request.Method, host: request.Host, target: request.URL.RequestURI()}
	if all.sign() {
		var err error
		if out.body, err = readWhole(request); err != nil {
			return nil, err
		}
	}
	for name, values := range request.Header {
		for _, value := range values {
			out.headers = append(out.headers, [2]string{name, value})
		}
	}
	all.put(out)
	path, query, _ := strings.Cut(out.target, "?")
	request.URL.RawQuery = query
	if path != request.URL.EscapedPath() {
		request.URL.Path, request.URL.RawPath = unescaped(path), path
	}
	request.Header = http.Header{}
	for _, header := range out.headers {
		request.Header.Add(header[0], header[1])
	}
	return out.made, nil
}

// mostSigned bounds a body of a program's that is signed: the runner has little memory beside the program.
const mostSigned = 4 << 20

// readWhole takes in a body that is to be signed, and leaves it there to be sent.
func readWhole(request *http.Request) ([]byte, error) {
	if request.Body == nil {
		return nil, nil
	}
	content, err := io.ReadAll(io.LimitReader(request.Body, mostSigned+1))
	if err != nil {
		return nil, err
	}
	if len(content) > mostSigned {
		return nil, fmt.Errorf("the body of a request that is signed has at most %d bytes", mostSigned)
	}
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	return content, nil
}

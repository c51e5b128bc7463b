package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signingScheme says what of a request is signed, how, and where that goes: registry/credentials has the words of it.
type signingScheme struct {
	Place         string `json:"place"`
	Name          string `json:"name"`
	Value         string `json:"value"` // a template around the signature; empty: the signature alone
	Algorithm     string `json:"algorithm"`
	Sign          string `json:"sign"` // the template of what is signed
	Encoding      string `json:"encoding"`
	KeyEncoding   string `json:"key_encoding"`
	Timestamp     string `json:"timestamp"` // header:NAME or query:NAME, as those that follow; empty: nowhere
	TimestampForm string `json:"timestamp_form"`
	Nonce         string `json:"nonce"`
	KeyID         string `json:"key_id"`
	Digest        string `json:"digest"`
}

// signer is a scheme with a key.
type signer struct {
	*signingScheme
	key []byte
	id  string
}

var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

var encoders = map[string]func([]byte) string{"hex": hex.EncodeToString, "base64": base64.StdEncoding.EncodeToString}

var timeForms = map[string]func(time.Time) string{
	"":             func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) },
	"milliseconds": func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
	"iso8601":      func(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") },
	"http_date":    func(at time.Time) string { return at.UTC().Format(http.TimeFormat) },
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func parseSigning(parameters json.RawMessage) (*signingScheme, *flaw) {
	s := &signingScheme{}
	if f := parseParameters(parameters, s); f != nil {
		return nil, f
	}
	if algorithms[s.Algorithm] == nil || encoders[s.Encoding] == nil || timeForms[s.TimestampForm] == nil || s.Sign == "" {
		return nil, invalid("the runner knows no such algorithm, encoding or form of a time")
	}
	for _, where := range []string{s.Place + ":" + s.Name, s.Timestamp, s.Nonce, s.KeyID, s.Digest} {
		place, name, _ := strings.Cut(where, ":")
		if where != "" && (place != "header" && place != "query" || !isToken(name) || framing[strings.ToLower(name)]) {
			return nil, invalid("a signature, and what belongs to it, go into a header or into the query")
		}
	}
	return s, nil
}

// holdsBody tells whether the body is signed, or its digest told.
func (s *signingScheme) holdsBody() bool {
	return s.Digest != "" || strings.Contains(s.Sign, "{body}") || strings.Contains(s.Sign, "{digest}")
}

// decoded is the key as the scheme takes it.
func (s *signingScheme) decoded(key string) ([]byte, error) {
	switch s.KeyEncoding {
	case "hex":
		return hex.DecodeString(key)
	case "base64":
		return base64.StdEncoding.DecodeString(key)
	}
	return []byte(key), nil
}

// sign puts the time and the like into a request in which nothing else changes afterwards, then the signature, which it gives.
func (s *signer) sign(o *outgoing, at time.Time, nonce string) string {
	hashed := algorithms[s.Algorithm]()
	hashed.Write(o.body)
	known := map[string]string{
		"{method}": o.method, "{host}": o.host, "{body}": string(o.body), "{timestamp}": timeForms[s.TimestampForm](at),
		"{nonce}": nonce, "{key_id}": s.id, "{digest}": encoders[s.Encoding](hashed.Sum(nil)),
	}
	if s.Place == "query" {
		o.dropFromQuery(s.Name) // of an upstream that has redirected to its own URL
	}
	for _, told := range [][2]string{{s.KeyID, "{key_id}"}, {s.Timestamp, "{timestamp}"}, {s.Nonce, "{nonce}"}, {s.Digest, "{digest}"}} {
		o.setAt(told[0], known[told[1]])
	}
	known["{target}"] = o.target
	known["{path}"], known["{query}"], _ = strings.Cut(o.target, "?")
	mac := hmac.New(algorithms[s.Algorithm], s.key)
	mac.Write([]byte(filled(s.Sign, known)))
	signature := encoders[s.Encoding](mac.Sum(nil))
	known["{signature}"] = signature
	value := signature
	if s.Value != "" {
		value = filled(s.Value, known)
	}
	o.setAt(s.Place+":"+s.Name, value)
	return signature
}

func filled(template string, known map[string]string) string {
	return placeholder.ReplaceAllStringFunc(template, func(word string) string { return known[word] })
}

func newNonce() string {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // which ends the process rather than to fail
	return hex.EncodeToString(nonce)
}

// setAt puts a value at `header:NAME` or `query:NAME`, in the place of what is there.
func (o *outgoing) setAt(where, value string) {
	place, name, _ := strings.Cut(where, ":")
	switch place {
	case "header":
		o.setHeader(name, value)
	case "query":
		o.dropFromQuery(name)
		o.addToQuery(name + "=" + url.QueryEscape(value))
	}
}

func (o *outgoing) dropFromQuery(name string) {
	path, query, _ := strings.Cut(o.target, "?")
	kept := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool { return pair == name || strings.HasPrefix(pair, name+"=") })
	if o.target = path; strings.Join(kept, "") != "" {
		o.target += "?" + strings.Join(kept, "&")
	}
}

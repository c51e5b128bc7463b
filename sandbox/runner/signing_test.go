package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

var signedAt = time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.UTC)

// HMAC-SHA256 of "The quick brown fox jumps over the lazy dog" with the key "key", and its like for the other algorithms, are in every
// textbook; the body stands for that text here.
const fox = "The quick brown fox jumps over the lazy dog"

func signedBy(t *testing.T, scheme, key, id string) *outgoing {
	t.Helper()
	kind, f := hmacSignature(json.RawMessage(scheme), []string{key, id})
	if f != nil {
		t.Fatal(f.message)
	}
	request := &outgoing{method: "POST", host: "api.example", target: "/v1/x?a=1", body: []byte(fox)}
	kind.put(request)
	return request
}

func TestSignaturesOfTextbooksComeOut(t *testing.T) {
	for algorithm, wanted := range map[string]string{
		"sha1":   "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9",
		"sha256": "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
		"sha512": "b42af09057bac1e2d41708e48a902e09b5ff7f12ab428a4fe86653c73dd248fb82f948a549f7b791a5b41915ee4d1ec3935357e4e2317250d0372afa2ebeeb3a",
	} {
		scheme := `{"place":"header","name":"X-S","algorithm":"` + algorithm + `","encoding":"hex","sign":"{body}"}`
		if got := headerOf(signedBy(t, scheme, "key", "id"), "X-S"); got != wanted {
			t.Errorf("%s: %s", algorithm, got)
		}
	}
}

func TestWhatIsSignedIsWhatTheRequestHas(t *testing.T) {
	signs := &signer{&signingScheme{
		Place: "query", Name: "signature", Algorithm: "sha256", Encoding: "hex", Timestamp: "query:timestamp", TimestampForm: "milliseconds",
		KeyID: "header:X-Key", Sign: "{method} {host}\n{path}\n{query}\n{target} {timestamp} {nonce} {key_id} {unknown}",
	}, []byte("key"), "me"}
	request := &outgoing{method: "GET", host: "h", target: "/x?signature=of-before&a={body}&timestamp=1"}
	signature := signs.sign(request, signedAt, "n0nce")
	if wanted := "/x?a={body}&timestamp=1773500966535&signature=" + signature; request.target != wanted {
		t.Errorf("%q, not %q", request.target, wanted)
	}
	again := &signer{&signingScheme{Place: "header", Name: "S", Algorithm: "sha256", Encoding: "hex", Sign: "{body}"}, []byte("key"), ""}
	text := "GET h\n/x\na={body}&timestamp=1773500966535\n/x?a={body}&timestamp=1773500966535 1773500966535 n0nce me "
	if got := again.sign(&outgoing{body: []byte(text)}, signedAt, ""); got != signature {
		t.Errorf("another text was signed")
	}
}

func TestTimesAreWrittenAsTheySay(t *testing.T) {
	for form, wanted := range map[string]string{
		"": "1773500966", "milliseconds": "1773500966535", "iso8601": "2026-03-14T15:09:26.535Z", "http_date": "Sat, 14 Mar 2026 15:09:26 GMT",
	} {
		if got := timeForms[form](signedAt); got != wanted {
			t.Errorf("%q: %s", form, got)
		}
	}
}

func TestASchemeThatTheRunnerDoesNotKnowIsRefused(t *testing.T) {
	for _, scheme := range []string{
		`{}`,
		`{"place":"header","name":"S","algorithm":"md5","encoding":"hex","sign":"{body}"}`,
		`{"place":"header","name":"S","algorithm":"sha1","encoding":"hex","sign":"{body}","later":"x"}`,
		`{"place":"cookie","name":"S","algorithm":"sha1","encoding":"hex","sign":"{body}"}`,
		`{"place":"header","name":"Host","algorithm":"sha1","encoding":"hex","sign":"{body}"}`,
		`{"place":"header","name":"S","algorithm":"sha1","encoding":"hex","sign":"{body}","nonce":"header:Content-Length"}`,
	} {
		if _, f := hmacSignature(json.RawMessage(scheme), []string{"key"}); f == nil || f.fault != faultJobInvalid {
			t.Errorf("%s: %v", scheme, f)
		}
	}
}

func TestAKeyThatIsNotCodedAsItIsSaidToBeIsTold(t *testing.T) {
	for _, coding := range []string{"hex", "base64"} {
		scheme := `{"place":"header","name":"S","algorithm":"sha1","encoding":"hex","sign":"{body}","key_encoding":"` + coding + `"}`
		_, f := hmacSignature(json.RawMessage(scheme), []string{"no such coding!"})
		if f == nil || f.fault != faultSecretUnavailable || strings.Contains(f.message, "no such") {
			t.Errorf("%s: %v", coding, f)
		}
	}
}

func TestThoseThatSignComeLast(t *testing.T) {
	scheme := `{"place":"header","name":"S","algorithm":"sha1","encoding":"hex","sign":"{query}"}`
	signs, _ := hmacSignature(json.RawMessage(scheme), []string{"key"})
	adds, _ := headerValue(json.RawMessage(`{"place":"query","name":"k"}`), []string{"value"})
	first, second := &outgoing{target: "/"}, &outgoing{target: "/"}
	credentials{signs, adds}.put(first)
	credentials{adds, signs}.put(second)
	if headerOf(first, "S") != headerOf(second, "S") || first.target != "/?k=value" || len(first.made) != 1 {
		t.Errorf("%v, %v", first, second)
	}
}

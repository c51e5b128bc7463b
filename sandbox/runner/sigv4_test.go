package main

import (
	"cmp"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// The key, the moment and the scope of AWS's own examples.
var (
	exampleKeys = keysV4{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}
	exampleTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	ofTheSuite  = scopeV4{"us-east-1", "service"}
)

// publishedV4 is a signature that AWS has published: in its test suite for Signature Version 4 (awslabs/aws-c-auth and AWS's SDKs have
// it), or in the documentation of IAM. By the suite's, of example.amazonaws.com and its scope.
type publishedV4 struct {
	Name, Method, Host, Target, Body, Service, Token string
	Headers                                          [][2]string
	Signed, Signature                                string
}

func (p publishedV4) sign() (signature, told string) {
	scope, keys := ofTheSuite, exampleKeys
	scope.Service, keys.token = cmp.Or(p.Service, scope.Service), p.Token
	request := outgoing{method: p.Method, host: cmp.Or(p.Host, "example.amazonaws.com"), target: p.Target, headers: p.Headers, body: []byte(p.Body)}
	return keys.sign(&request, scope, exampleTime), headerOf(&request, "Authorization")
}

func TestThePublishedSignaturesOfAWSComeOut(t *testing.T) {
	read, err := os.ReadFile("../../tests/sandbox/runner/published_signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []publishedV4
	if err := json.Unmarshal(read, &all); err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	for _, one := range all {
		signature, told := one.sign()
		if signature != one.Signature || !strings.Contains(told, "SignedHeaders="+one.Signed+", Signature="+one.Signature) {
			t.Errorf("%s: %s", one.Name, told)
		}
	}
}

// The suite has two paths that no request line can have: they are escaped once as they are signed. What is sent is escaped already, and
// once more as it is signed.
func TestAPathIsSignedInTheFormInWhichItIsSentEscapedOnceMore(t *testing.T) {
	for target, wanted := range map[string]string{
		"/\u1234":                "/%E1%88%B4",        // get-utf8
		"/example space/":        "/example%20space/", // get-space-normalized
		strictTarget("/\u1234"):  "/%25E1%2588%25B4",
		strictTarget("/ex pace"): "/ex%2520pace",
	} {
		request := outgoing{method: "GET", host: "h", target: target}
		if canonical, _ := canonicalV4(&request, false, "digest"); !strings.HasPrefix(canonical, "GET\n"+wanted+"\n") {
			t.Errorf("%s: %q", target, canonical)
		}
	}
}

func headerOf(o *outgoing, name string) string {
	for _, header := range o.headers {
		if header[0] == name {
			return header[1]
		}
	}
	return ""
}

func TestATargetIsWrittenInOneFormAlone(t *testing.T) {
	for given, wanted := range map[string]string{
		"/":                   "/",
		"/a:b@c/%7e%2F/(x)":   "/a%3Ab%40c/~%2F/%28x%29",
		"/100%/%zz?a=100%":    "/100%25/%25zz?a=100%25",
		"/x?a+b=c%2Bd&e&=f&&": "/x?a%20b=c%2Bd&e&=f&&",
		"/x?":                 "/x?",
		"/x?a=b=c":            "/x?a=b%3Dc",
	} {
		if got := strictTarget(given); got != wanted {
			t.Errorf("%q: %q, not %q", given, got, wanted)
		}
	}
}

func TestOnlyS3TakesAPathAsItIs(t *testing.T) {
	for service, wanted := range map[string]string{"s3": "GET\n/a//%C3%A4/../b", "glacier": "GET\n/a/b"} {
		request := outgoing{method: "GET", host: "h", target: "/a//%C3%A4/../b"}
		canonical, _ := canonicalV4(&request, scopeV4{"r", service}.isS3(), "digest")
		if !strings.HasPrefix(canonical, wanted+"\n") {
			t.Errorf("%s: %q", service, canonical)
		}
	}
}

func TestWhatASignedRequestHasMovesTheSignature(t *testing.T) {
	plain := outgoing{method: "GET", host: "h", target: "/"}
	without := exampleKeys.sign(&plain, ofTheSuite, exampleTime)
	keys := exampleKeys
	keys.token = "a/session+token"
	for name, change := range map[string]func(*outgoing){
		"a header": func(o *outgoing) { o.headers = append(o.headers, [2]string{"X-Amz-Target", "T"}) },
		"a body":   func(o *outgoing) { o.body = []byte("x") },
		"a host":   func(o *outgoing) { o.host = "i" },
		"a pair":   func(o *outgoing) { o.target = "/?a" },
	} {
		changed := outgoing{method: "GET", host: "h", target: "/"}
		change(&changed)
		if exampleKeys.sign(&changed, ofTheSuite, exampleTime) == without {
			t.Errorf("%s is not signed", name)
		}
	}
	session := outgoing{method: "GET", host: "h", target: "/"}
	if keys.sign(&session, ofTheSuite, exampleTime) == without || headerOf(&session, "X-Amz-Security-Token") != keys.token {
		t.Error("the session's token is not signed")
	}
}

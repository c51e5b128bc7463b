package main

import (
	"strings"
	"testing"
	"time"
)

// The key, the moment and the scope of AWS's own examples ("Signature Version 4 test suite", and the request of "Create a signed AWS
// API request" that lists the users of IAM).
var (
	exampleKeys = keysV4{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""}
	exampleTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	ofTheSuite  = scopeV4{"us-east-1", "service"}
)

type vectorV4 struct {
	scope     scopeV4
	request   outgoing
	names     string
	signature string
}

var form = [][2]string{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}

// On example.amazonaws.com, but for IAM's.
var vectorsV4 = map[string]vectorV4{
	"IAM, ListUsers": {
		scopeV4{"us-east-1", "iam"},
		outgoing{method: "GET", host: "iam.amazonaws.com", target: "/?Action=ListUsers&Version=2010-05-08", headers: form},
		"content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
	},
	"get-vanilla": {
		ofTheSuite, outgoing{method: "GET", target: "/"},
		"host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
	},
	"get-vanilla-query-order-key-case": {
		ofTheSuite, outgoing{method: "GET", target: "/?Param2=value2&Param1=value1"},
		"host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
	},
	"post-vanilla": {
		ofTheSuite, outgoing{method: "POST", target: "/"},
		"host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
	},
	"post-x-www-form-urlencoded": {
		ofTheSuite,
		outgoing{method: "POST", target: "/", headers: [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}, body: []byte("Param1=value1")},
		"content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
	},
	"get-header-value-trim": {
		ofTheSuite,
		outgoing{method: "GET", target: "/", headers: [][2]string{{"My-Header1", " value1"}, {"My-Header2", ` "a   b   c"`}}},
		"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
	},
}

func TestThePublishedSignaturesOfAWSComeOut(t *testing.T) {
	for name, vector := range vectorsV4 {
		request := vector.request
		if request.host == "" {
			request.host = "example.amazonaws.com"
		}
		got := exampleKeys.sign(&request, vector.scope, exampleTime)
		if got != vector.signature {
			t.Errorf("%s: %s", name, got)
		}
		told := headerOf(&request, "Authorization")
		if !strings.Contains(told, "SignedHeaders="+vector.names+", Signature="+vector.signature) {
			t.Errorf("%s: %s", name, told)
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

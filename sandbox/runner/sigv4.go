package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// AWS's Signature Version 4, as "Create a signed AWS API request" in AWS's documentation of IAM has it.

const (
	algorithmV4 = "AWS4-HMAC-SHA256"
	stampV4     = "20060102T150405Z"
	// In the place of the digest of a body that passes by: S3 takes it, and no other service does.
	unsignedBodyV4 = "UNSIGNED-PAYLOAD"
)

// scopeV4 is for which region and service a signature counts.
type scopeV4 struct {
	Region  string `json:"region"`
	Service string `json:"service"`
}

// keysV4 are what signs: an id, which every request tells, a secret, and the token of a session, or none.
type keysV4 struct{ id, secret, token string }

// unsignedV4 are the headers that proxies on the way may change, or that say nothing that a signature should hold.
var unsignedV4 = []string{
	"accept", "accept-encoding", "authorization", "connection", "expect", "traceparent", "tracestate", "user-agent", "x-amzn-trace-id",
}

// tellsDigest are the services that want the digest of the body in a header.
var tellsDigest = []string{"aoss", "glacier", "s3", "s3-object-lambda", "s3-outposts", "s3express"}

// isS3 tells whether a service takes paths as they are: its objects may have any name.
func (s scopeV4) isS3() bool {
	return s.Service == "s3" || strings.HasPrefix(s.Service, "s3-") || s.Service == "s3express"
}

// at is the scope as a signature has it, on a day.
func (s scopeV4) at(day string) string {
	return strings.Join([]string{day, s.Region, s.Service, "aws4_request"}, "/")
}

// sign puts the time, the session's token and the signature into a request in which nothing changes afterwards, and gives the signature.
func (k keysV4) sign(o *outgoing, scope scopeV4, now time.Time) string {
	stamp, digest := now.UTC().Format(stampV4), hexOfSHA256(o.body)
	if o.passes {
		digest = unsignedBodyV4
	}
	o.target = strictTarget(o.target)
	o.setHeader("X-Amz-Date", stamp)
	if k.token != "" {
		o.setHeader("X-Amz-Security-Token", k.token)
	}
	if slices.Contains(tellsDigest, scope.Service) {
		o.setHeader("X-Amz-Content-Sha256", digest)
	}
	canonical, names := canonicalV4(o, scope.isS3(), digest)
	text := strings.Join([]string{algorithmV4, stamp, scope.at(stamp[:8]), hexOfSHA256([]byte(canonical))}, "\n")
	signature := hex.EncodeToString(hmacSHA256(k.derive(stamp[:8], scope), text))
	o.setHeader("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		algorithmV4, k.id, scope.at(stamp[:8]), names, signature))
	return signature
}

// derive makes the key of a day, region and service.
func (k keysV4) derive(day string, scope scopeV4) []byte {
	key := []byte("AWS4" + k.secret)
	for _, part := range []string{day, scope.Region, scope.Service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	return key
}

// canonicalV4 is the request as it is signed, and the names of the headers in it.
func canonicalV4(o *outgoing, isS3 bool, digest string) (canonical, names string) {
	target, query, _ := strings.Cut(o.target, "?")
	if !isS3 {
		target = escapedBut(shortest(target), "/")
	}
	headers, names := headersV4(o)
	return strings.Join([]string{o.method, target, queryV4(query), headers, names, digest}, "\n"), names
}

// shortest is a path without empty segments and steps.
func shortest(target string) string {
	clean := path.Clean(target)
	if strings.HasSuffix(target, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// queryV4 sorts the pairs by name, and those of one name by value. Each has a value, if an empty one.
func queryV4(query string) string {
	var pairs [][2]string
	for _, pair := range strings.Split(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	written := make([]string, len(pairs))
	for i, pair := range pairs {
		written[i] = pair[0] + "=" + pair[1]
	}
	return strings.Join(written, "&")
}

// headersV4 gives each header on a line, by its name in lower case, and the names. Several of one name are one list.
func headersV4(o *outgoing) (lines, names string) {
	found := map[string][]string{"host": {o.host}}
	for _, header := range o.headers {
		if name := strings.ToLower(header[0]); !slices.Contains(unsignedV4, name) {
			found[name] = append(found[name], strings.Join(strings.Fields(header[1]), " "))
		}
	}
	sorted := slices.Sorted(maps.Keys(found))
	for _, name := range sorted {
		lines += name + ":" + strings.Join(found[name], ",") + "\n"
	}
	return lines, strings.Join(sorted, ";")
}

func hexOfSHA256(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

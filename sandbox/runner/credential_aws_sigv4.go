package main

import (
	"encoding/json"
	"strings"
	"time"
)

// awsSigv4 is an access key of AWS's: its id, its secret and, of a session, a token. The secret is in no request: it signs them. What the
// signature holds must not change after it, and it counts for five minutes: so it is made last, and anew for each request.
func awsSigv4(parameters json.RawMessage, values []string) (*credential, *flaw) {
	var scope scopeV4
	if f := parseParameters(parameters, &scope); f != nil {
		return nil, f
	}
	if scope.Region == "" || scope.Service == "" {
		return nil, invalid("a signature for AWS has a region and a service")
	}
	keys := keysV4{id: withoutLineEnds(values[0]), secret: withoutLineEnds(values[1])}
	hidden, halved := echoes(keys.secret), []string{keys.secret}
	if len(values) > 2 {
		keys.token = withoutLineEnds(values[2])
		hidden, halved = append(hidden, echoes(keys.token)...), append(halved, keys.token)
	}
	if !isVisible(keys.id+keys.token) || strings.ContainsAny(keys.id, "/,") {
		return nil, unsent(faultSecretUnavailable, "the access key's id or its session's token has characters that no request can carry")
	}
	return &credential{
		put:     func(o *outgoing) { o.made = append(o.made, keys.sign(o, scope, time.Now())) },
		signs:   true,
		holds:   !scope.isS3(),
		name:    "aws",
		file:    strings.Join(values, "\n"),
		secrets: hidden,
		halved:  halved,
	}, nil
}

package main

import "encoding/json"

// headerValue is a secret text as it is: an API key, a bearer token. It may stand in the query or in a cookie, too.
func headerValue(parameters json.RawMessage, values []string) (*credential, *flaw) {
	p, f := parsePlacement(parameters)
	if f != nil {
		return nil, f
	}
	value := p.withoutPrefix(withoutLineEnds(values[0]))
	return p.credential(value, value, values[0])
}

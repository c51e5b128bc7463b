package main

import "encoding/json"

// obtainedToken is a token that another box has obtained and kept (token.go). It is shown as any text is.
func obtainedToken(parameters json.RawMessage, values []string) (*credential, *flaw) {
	p, f := parsePlacement(parameters)
	if f != nil {
		return nil, f
	}
	value := withoutLineEnds(values[0])
	return p.credential(value, value, value)
}

package main

import "encoding/json"

// headerValue is a secret text as it is: an API key, a bearer token. It may stand in the query or in a cookie, too.
func headerValue(parameters json.RawMessage, values []string) (*credential, *flaw) {
	return placed(parameters, values[0], values[0])
}

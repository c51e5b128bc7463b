package main

import (
	"encoding/base64"
	"encoding/json"
)

// httpBasic is `user:password` in base64 (RFC 7617). An upstream may send back either form.
func httpBasic(parameters json.RawMessage, values []string) (*credential, *flaw) {
	encoded := base64.StdEncoding.EncodeToString([]byte(values[0]))
	made, f := placed(parameters, encoded, values[0])
	if f != nil {
		return nil, f
	}
	made.secrets = append(made.secrets, encoded)
	return made, nil
}

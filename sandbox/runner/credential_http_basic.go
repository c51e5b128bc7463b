package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// httpBasic is a user and a password in base64 (RFC 7617): `user:password` in one field of a secret, or one in each of two. An upstream
// may send back either form, or the password alone.
func httpBasic(parameters json.RawMessage, values []string) (*credential, *flaw) {
	p, f := parsePlacement(parameters)
	if f != nil {
		return nil, f
	}
	both, file := withoutLineEnds(values[0]), values[0]
	user, password, parted := strings.Cut(both, ":")
	if len(values) > 1 {
		if parted {
			return nil, unsent(faultSecretUnavailable, "the user in the secret has a colon, by which HTTP Basic ends a user")
		}
		password = withoutLineEnds(values[1])
		both = user + ":" + password
		file = both
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(both))
	made, f := p.credential(encoded, both, file)
	if f != nil {
		return nil, f
	}
	if password == "" {
		password = user // some APIs take their key for the user, and no password
	}
	made.secrets = append(made.secrets, append(echoes(password), encoded)...)
	made.halved = []string{password} // a user's name may be half of both, and is in many answers
	return made, nil
}

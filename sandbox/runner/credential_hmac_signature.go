package main

import (
	"encoding/json"
	"time"
)

// hmacSignature is a key that signs requests in the way that the operator has declared, and the id by which an upstream knows it, or none.
func hmacSignature(parameters json.RawMessage, values []string) (*credential, *flaw) {
	scheme, f := parseSigning(parameters)
	if f != nil {
		return nil, f
	}
	stored := withoutLineEnds(values[0])
	key, err := scheme.decoded(stored)
	if err != nil || len(key) == 0 {
		return nil, unsent(faultSecretUnavailable, "the key in the secret is not coded as the credential's key_encoding says")
	}
	signer := &signer{scheme, key, ""}
	if len(values) > 1 {
		signer.id = withoutLineEnds(values[1])
	}
	if !isFieldValue(signer.id) {
		return nil, unsent(faultSecretUnavailable, "the key's id has characters that no request can carry")
	}
	return &credential{
		put:     func(o *outgoing) { o.made = append(o.made, signer.sign(o, time.Now(), newNonce())) },
		signs:   true,
		holds:   scheme.holdsBody(),
		name:    scheme.Name,
		file:    values[0],
		secrets: append(echoes(stored), echoes(string(key))...),
		halved:  []string{stored},
	}, nil
}

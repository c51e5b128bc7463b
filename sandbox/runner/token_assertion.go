package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"time"
)

// assertion is the claims of a JWT that the box signs in the place of a client's secret (RFC 7523, 3).
type assertion map[string]any

const (
	assertionLife  = 5 * time.Minute
	assertionEarly = 10 * time.Second // the endpoint's clock may be behind
)

// sign gives the signed assertion: by RS256 where the key is RSA, by ES256 where it is of P-256 (RFC 7518, 3).
func (k *keptToken) sign(order *tokenOrder) (string, *flaw) {
	stored := textOf(k.client[order.Fields.PrivateKey])
	for _, needle := range keyNeedles(stored) {
		k.hide(needle)
	}
	key := privateKey(stored)
	algorithm := ""
	switch key := key.(type) {
	case *rsa.PrivateKey:
		algorithm = "RS256"
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			algorithm = "ES256"
		}
	}
	if algorithm == "" {
		return "", unsent(faultSecretUnavailable, k.secret+" has no private key in its field "+order.Fields.PrivateKey+
			" that can sign: PEM, not encrypted, RSA or of P-256")
	}
	claims, f := k.claims(order)
	if f != nil {
		return "", f
	}
	header := map[string]any{"alg": algorithm, "typ": "JWT"}
	if order.KeyID != "" {
		header["kid"] = order.KeyID
	}
	text := jwtPart(header) + "." + jwtPart(claims)
	signature, err := signed(key, text)
	if err != nil {
		return "", unsent(faultSecretUnavailable, "the private key in "+k.secret+" cannot sign")
	}
	whole := text + "." + base64.RawURLEncoding.EncodeToString(signature)
	k.hide(whole)
	return whole, nil
}

// claims are those of the order, with the times, and with the issuer where the secret alone names it.
func (k *keptToken) claims(order *tokenOrder) (assertion, *flaw) {
	claims := maps.Clone(order.Claims)
	if claims["iss"] == nil {
		id, f := k.clientID(order)
		if f != nil {
			return nil, f
		}
		claims["iss"] = id
		if claims["sub"] == nil {
			claims["sub"] = id
		}
	}
	now := time.Now()
	claims["iat"], claims["exp"] = now.Add(-assertionEarly).Unix(), now.Add(assertionLife).Unix()
	claims["jti"] = nonce() + nonce()
	return claims, nil
}

func privateKey(stored string) any {
	block, _ := pem.Decode([]byte(stored))
	if block == nil {
		return nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key
	}
	return nil
}

func signed(key any, text string) ([]byte, error) {
	digest := sha256.Sum256([]byte(text))
	if own, ok := key.(*rsa.PrivateKey); ok {
		return rsa.SignPKCS1v15(rand.Reader, own, crypto.SHA256, digest[:])
	}
	r, s, err := ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest[:])
	if err != nil {
		return nil, err
	}
	pair := make([]byte, 64)
	r.FillBytes(pair[:32])
	s.FillBytes(pair[32:])
	return pair, nil
}

func jwtPart(value any) string {
	text, _ := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(text)
}

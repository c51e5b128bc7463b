package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// secretRef says where the secret is, and which kind of credential is made of it.
type secretRef struct {
	Vault         string          `json:"vault"`
	WrappingToken string          `json:"wrapping_token"`
	Path          string          `json:"path"`
	Fields        []string        `json:"fields"`
	Kind          string          `json:"kind"`
	Parameters    json.RawMessage `json:"parameters"`
}

const longestVaultAnswer = 1 << 20

// redeem opens the wrapping token, which works once, reads the one secret that the token inside may read, and makes a credential of
// it.
func (s *session) redeem(ref *secretRef) (*credential, *flaw) {
	kind, f := kindOf(ref)
	if f != nil {
		return nil, f
	}
	o, _, ok := parseURL(ref.Vault)
	if !ok {
		return nil, invalid("Vault's address is not an http or https URL")
	}
	conn, f := s.connect(o, faultSecretUnavailable)
	if f != nil {
		return nil, f
	}
	defer conn.Close()
	vault := &vaultLine{session: s, conn: conn, reader: bufio.NewReader(conn), host: o.header}
	token, f := vault.unwrap(ref.WrappingToken)
	if f != nil {
		return nil, f
	}
	values, f := vault.read(token, ref.Path, ref.Fields)
	if f != nil {
		return nil, f
	}
	return kind.make(ref.Parameters, values)
}

// vaultLine is one connection to Vault, used for both requests.
type vaultLine struct {
	session *session
	conn    net.Conn
	reader  *bufio.Reader
	host    string
}

func (v *vaultLine) unwrap(wrapping string) (string, *flaw) {
	var answer struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		} `json:"auth"`
	}
	if f := v.call(http.MethodPost, "sys/wrapping/unwrap", wrapping, &answer); f != nil {
		return "", f
	}
	if answer.Auth.ClientToken == "" {
		return "", unsent(faultSecretUnavailable, "the wrapping token did not hold a token")
	}
	return answer.Auth.ClientToken, nil
}

// read gives the texts in the fields of the secret, in their order.
func (v *vaultLine) read(token, path string, names []string) ([]string, *flaw) {
	var answer struct {
		Data map[string]any `json:"data"`
	}
	if f := v.call(http.MethodGet, path, token, &answer); f != nil {
		return nil, f
	}
	fields := answer.Data
	// Version 2 of the key-value engine puts the fields one level deeper, beside their metadata.
	if inner, ok := fields["data"].(map[string]any); ok && fields["metadata"] != nil {
		fields = inner
	}
	values := make([]string, len(names))
	for i, name := range names {
		value, ok := fields[name].(string)
		if !ok || value == "" {
			return nil, unsent(faultSecretUnavailable, fmt.Sprintf("%s has no text in its field %s", path, name))
		}
		values[i] = value
	}
	return values, nil
}

// call makes one request of Vault. A flaw names the request and the status; Vault's own text is left out, it may quote the token.
func (v *vaultLine) call(method, path, token string, into any) *flaw {
	target := "/v1/" + strings.TrimPrefix(path, "/")
	if !isVisible(target+token) || strings.ContainsAny(target, "#?") {
		return invalid("the secret's path or token cannot be written in a request")
	}
	line := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Vault-Token: %s\r\nX-Vault-Request: true\r\nContent-Length: 0\r\n\r\n",
		method, target, v.host, token)
	if _, err := io.WriteString(v.conn, line); err != nil {
		return v.session.blame(err, faultSecretUnavailable, notSent, "Vault closed the connection at "+path)
	}
	answer, err := http.ReadResponse(v.reader, nil)
	if err != nil {
		return v.session.blame(err, faultSecretUnavailable, notSent, "Vault did not answer at "+path)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, longestVaultAnswer))
	if err != nil {
		return v.session.blame(err, faultSecretUnavailable, notSent, "Vault's answer broke at "+path)
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(content, into) != nil {
		return unsent(faultSecretUnavailable, fmt.Sprintf("Vault answered %d at %s", answer.StatusCode, path))
	}
	return nil
}

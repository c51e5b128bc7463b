package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// secretRef says where the secret is, and where in the request it goes.
type secretRef struct {
	Vault         string `json:"vault"`
	WrappingToken string `json:"wrapping_token"`
	Path          string `json:"path"`
	Field         string `json:"field"`
	Place         string `json:"place"`
	Name          string `json:"name"`
	Prefix        string `json:"prefix"`
	Basic         bool   `json:"basic"`
}

// secret is the value, and the text that goes into the request for it.
type secret struct {
	value, text string
}

const longestVaultAnswer = 1 << 20

// redeem opens the wrapping token, which works once, and reads the one secret that the token inside may read.
func (a *attempt) redeem(ref *secretRef) (*secret, *flaw) {
	o, _, ok := parseURL(ref.Vault)
	if !ok {
		return nil, invalid("Vault's address is not an http or https URL")
	}
	conn, f := a.connect(o, faultSecretUnavailable)
	if f != nil {
		return nil, f
	}
	defer conn.Close()
	vault := &vaultLine{attempt: a, conn: conn, reader: bufio.NewReader(conn), host: o.header}
	token, f := vault.unwrap(ref.WrappingToken)
	if f != nil {
		return nil, f
	}
	value, f := vault.read(token, ref.Path, ref.Field)
	if f != nil {
		return nil, f
	}
	return ref.dress(value)
}

// vaultLine is one connection to Vault, used for both requests.
type vaultLine struct {
	*attempt
	conn   net.Conn
	reader *bufio.Reader
	host   string
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

func (v *vaultLine) read(token, path, field string) (string, *flaw) {
	var answer struct {
		Data map[string]any `json:"data"`
	}
	if f := v.call(http.MethodGet, path, token, &answer); f != nil {
		return "", f
	}
	fields := answer.Data
	// Version 2 of the key-value engine puts the fields one level deeper, beside their metadata.
	if inner, ok := fields["data"].(map[string]any); ok && fields["metadata"] != nil {
		fields = inner
	}
	value, ok := fields[field].(string)
	if !ok || value == "" {
		return "", unsent(faultSecretUnavailable, fmt.Sprintf("%s has no text in its field %s", path, field))
	}
	return value, nil
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
		return v.blame(err, faultSecretUnavailable, notSent, "Vault closed the connection at "+path)
	}
	answer, err := http.ReadResponse(v.reader, nil)
	if err != nil {
		return v.blame(err, faultSecretUnavailable, notSent, "Vault did not answer at "+path)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, longestVaultAnswer))
	if err != nil {
		return v.blame(err, faultSecretUnavailable, notSent, "Vault's answer broke at "+path)
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(content, into) != nil {
		return unsent(faultSecretUnavailable, fmt.Sprintf("Vault answered %d at %s", answer.StatusCode, path))
	}
	return nil
}

// dress gives the secret the form in which the request carries it.
func (ref *secretRef) dress(value string) (*secret, *flaw) {
	text := value
	if ref.Basic {
		text = base64.StdEncoding.EncodeToString([]byte(value))
	}
	if ref.Place == "query" {
		text = url.QueryEscape(text)
	}
	text = ref.Prefix + text
	if !isFieldValue(text) || ref.Place == "cookie" && strings.ContainsAny(text, "; ,\"\\") {
		return nil, unsent(faultSecretUnavailable, "the secret has characters that its place in the request cannot carry")
	}
	return &secret{value, text}, nil
}

// needles are the forms in which an upstream might send the secret back.
func (s *secret) needles() []string {
	if s == nil {
		return nil
	}
	raw := []byte(s.value)
	return []string{
		s.text, s.value, url.QueryEscape(s.value), url.PathEscape(s.value),
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		inJSON(s.value, true), inJSON(s.value, false),
	}
}

// inJSON is the value as it stands in a JSON string, with or without the escapes that HTML needs.
func inJSON(value string, forHTML bool) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(forHTML)
	if encoder.Encode(value) != nil {
		return ""
	}
	return strings.Trim(text.String(), "\"\n")
}

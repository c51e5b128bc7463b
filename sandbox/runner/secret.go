package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// vaultSecrets says where the secrets of a job are. All of them are needed.
type vaultSecrets struct {
	Vault         string      `json:"vault"`
	Authorities   string      `json:"authorities"` // PEM: who may vouch for Vault, and no others; empty: those of the bundle
	Namespace     string      `json:"namespace"`   // of Vault; empty: its root
	WrappingToken string      `json:"wrapping_token"`
	References    []secretRef `json:"references"`
}

// secretRef is one secret, and which kind of credential is made of it.
type secretRef struct {
	Path       string          `json:"path"`
	Fields     []string        `json:"fields"`
	Kind       string          `json:"kind"`
	Parameters json.RawMessage `json:"parameters"`
	CommonName string          `json:"common_name"` // of the certificate that a PKI engine is to issue; empty: the secret is read
}

const longestVaultAnswer = 1 << 20

// mostSecret bounds the bytes of all secrets of a job: in all forms that the redactor looks for they take thirty times as much, and the
// box has little memory. No upstream takes so much in a request's head.
const mostSecret = 256 << 10

// redeem opens the wrapping token, which works once, reads the secrets that the token inside may read, each once, and makes credentials
// of them.
func (s *session) redeem(secrets *vaultSecrets) (credentials, *flaw) {
	if f := secrets.known(); f != nil {
		return nil, f
	}
	vault, f := s.openVault(secrets)
	if f != nil {
		return nil, f
	}
	defer vault.conn.Close()
	return vault.redeem(secrets)
}

// redeem opens the wrapping token, reads the secrets that the token inside may read, and makes credentials of them.
func (v *vaultLine) redeem(secrets *vaultSecrets) (credentials, *flaw) {
	token, f := v.unwrap(secrets.WrappingToken)
	if f != nil {
		return nil, f
	}
	var made credentials
	room := mostSecret
	read := map[string]map[string]any{}
	for _, ref := range secrets.References {
		if _, done := read[ref.Path]; !done {
			fields, f := v.read(token, ref.Path)
			if f != nil {
				return nil, f
			}
			read[ref.Path] = fields
		}
		one, f := ref.credential(read[ref.Path], &room)
		if f != nil {
			return nil, f
		}
		made = append(made, one)
	}
	return made, nil
}

func (ref *secretRef) credential(fields map[string]any, room *int) (*credential, *flaw) {
	kind, f := kindOf(ref)
	if f != nil {
		return nil, f
	}
	values, f := ref.texts(fields)
	if f != nil {
		return nil, f
	}
	if f := ref.fits(values, room); f != nil {
		return nil, f
	}
	return kind.make(ref.Parameters, values)
}

// fits takes the room for a credential's texts, before anything is sent.
func (ref *secretRef) fits(values []string, room *int) *flaw {
	for i, name := range ref.Fields {
		if *room -= len(values[i]); *room < 0 {
			return tooLong(ref.Path, name, values[i])
		}
	}
	return nil
}

func tooLong(path, field, text string) *flaw {
	return unsent(faultSecretUnavailable, fmt.Sprintf(
		"%s has %d bytes in its field %s, and the secrets of one call may have %d bytes together: store a shorter one there",
		path, len(text), field, mostSecret))
}

// texts are those in the fields that the reference names.
func (ref *secretRef) texts(fields map[string]any) ([]string, *flaw) {
	values := make([]string, len(ref.Fields))
	for i, name := range ref.Fields {
		values[i] = textOf(fields[name])
		if withoutLineEnds(values[i]) == "" {
			return nil, unsent(faultSecretUnavailable, fmt.Sprintf("%s has no text in its field %s", ref.Path, name))
		}
	}
	return values, nil
}

// textOf is a field of a secret: a text, or a number as it is written. All else is empty.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	}
	return ""
}

// quickly agrees on a key by what a new box does soonest. Each call with a secret waits for it, and there is nothing to resume.
var quickly = []tls.CurveID{tls.X25519, tls.CurveP256}

// vaultLine is one connection to Vault, used for both requests.
type vaultLine struct {
	session   *session
	conn      net.Conn
	reader    *bufio.Reader
	host      string
	namespace string
}

// known tells whether the runner knows every kind of credential that is to be made, before anything is asked of Vault.
func (secrets *vaultSecrets) known() *flaw {
	if secrets == nil {
		return nil
	}
	for _, ref := range secrets.References {
		if _, f := kindOf(&ref); f != nil {
			return f
		}
	}
	return nil
}

// openVault connects by TLS that ends here, or not at all: what comes back passes through the gateway, which must not read it.
func (s *session) openVault(ref *vaultSecrets) (*vaultLine, *flaw) {
	o, _, ok := parseURL(ref.Vault)
	if !ok || !o.secure {
		return nil, invalid("Vault's address is not an https URL")
	}
	if !isVisible(ref.Namespace) {
		return nil, invalid("Vault's namespace cannot be written in a request")
	}
	trusted, f := ref.trusted()
	if f != nil {
		return nil, f
	}
	conn, f := s.connectBy(&tls.Config{RootCAs: trusted, CurvePreferences: quickly}, o, faultSecretUnavailable)
	if f != nil {
		return nil, f
	}
	return &vaultLine{s, conn, bufio.NewReader(conn), o.header, ref.Namespace}, nil
}

// trusted are the authorities that may vouch for Vault.
func (ref *vaultSecrets) trusted() (*x509.CertPool, *flaw) {
	if ref.Authorities == "" {
		return authorities(), nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ref.Authorities)) {
		return nil, unsent(faultSecretUnavailable, "the file of authorities for Vault (CALLGATE_VAULT_CA_FILE) has no certificate in it")
	}
	return pool, nil
}

func (v *vaultLine) unwrap(wrapping string) (string, *flaw) {
	var answer struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		} `json:"auth"`
	}
	if f := v.call(http.MethodPost, "sys/wrapping/unwrap", wrapping, nil, &answer); f != nil {
		return "", f
	}
	if answer.Auth.ClientToken == "" {
		return "", unsent(faultSecretUnavailable, "the wrapping token did not hold a token")
	}
	return answer.Auth.ClientToken, nil
}

// read gives the fields of a secret.
func (v *vaultLine) read(token, path string) (map[string]any, *flaw) {
	var answer struct {
		Data map[string]any `json:"data"`
	}
	if f := v.call(http.MethodGet, path, token, nil, &answer); f != nil {
		return nil, f
	}
	// Version 2 of the key-value engine puts the fields one level deeper, beside their metadata.
	if inner, ok := answer.Data["data"].(map[string]any); ok && answer.Data["metadata"] != nil {
		return inner, nil
	}
	return answer.Data, nil
}

// issue has a PKI engine make a certificate, and gives it, with those that vouch for it behind it, and its private key.
func (v *vaultLine) issue(token, path, name string) ([]string, *flaw) {
	var answer struct {
		Data struct {
			Certificate string   `json:"certificate"`
			Chain       []string `json:"ca_chain"`
			PrivateKey  string   `json:"private_key"`
		} `json:"data"`
	}
	asked, _ := json.Marshal(map[string]string{"common_name": name})
	if f := v.call(http.MethodPost, path, token, asked, &answer); f != nil {
		return nil, f
	}
	return []string{strings.Join(append([]string{answer.Data.Certificate}, answer.Data.Chain...), "\n"), answer.Data.PrivateKey}, nil
}

// call makes one request of Vault. A flaw names the request and the status; Vault's own text is left out, it may quote the token.
func (v *vaultLine) call(method, path, token string, body []byte, into any) *flaw {
	status, content, f := v.ask(method, path, token, body)
	if f != nil {
		return f
	}
	if len(content) == longestVaultAnswer {
		return unsent(faultSecretUnavailable, fmt.Sprintf("what Vault has at %s is larger than %d bytes: store less there", path, longestVaultAnswer))
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // a number may be a secret: as it is written
	if status != http.StatusOK || decoder.Decode(into) != nil {
		return unsent(faultSecretUnavailable, fmt.Sprintf("Vault answered %d at %s", status, path)+placeInV2(status, path))
	}
	return nil
}

// ask sends one request to Vault, and gives its answer, whatever the status.
func (v *vaultLine) ask(method, path, token string, body []byte) (int, []byte, *flaw) {
	target := "/v1/" + strings.TrimPrefix(path, "/")
	if !isVisible(target+token) || strings.ContainsAny(target, "#?") {
		return 0, nil, invalid("the secret's path or token cannot be written in a request")
	}
	if _, err := io.WriteString(v.conn, v.request(method, target, token, body)); err != nil {
		return 0, nil, v.session.blame(err, faultSecretUnavailable, notSent, "Vault closed the connection at "+path)
	}
	answer, err := http.ReadResponse(v.reader, nil)
	if err != nil {
		return 0, nil, v.session.blame(err, faultSecretUnavailable, notSent, "Vault did not answer at "+path)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, longestVaultAnswer))
	if err != nil {
		return 0, nil, v.session.blame(err, faultSecretUnavailable, notSent, "Vault's answer broke at "+path)
	}
	return answer.StatusCode, content, nil
}

// placeInV2 is where a secret lies that was named as for the first version of the key-value engine, and is not there.
func placeInV2(status int, path string) string {
	engine, name, _ := strings.Cut(path, "/")
	if status != http.StatusNotFound || strings.Contains("/"+path, "/data/") || name == "" {
		return ""
	}
	return fmt.Sprintf("; in a key-value engine of version 2 it is at %s/data/%s", engine, name)
}

func (v *vaultLine) request(method, target, token string, body []byte) string {
	namespace := ""
	if v.namespace != "" {
		namespace = "X-Vault-Namespace: " + v.namespace + "\r\n"
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Vault-Token: %s\r\n%sX-Vault-Request: true\r\nContent-Length: %d\r\n\r\n%s",
		method, target, v.host, token, namespace, len(body), body)
}

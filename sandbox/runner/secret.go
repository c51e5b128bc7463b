package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
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
	Authorities   string          `json:"authorities"` // PEM: who may vouch for Vault, and no others; empty: those of the bundle
	Namespace     string          `json:"namespace"`   // of Vault; empty: its root
	WrappingToken string          `json:"wrapping_token"`
	Path          string          `json:"path"`
	Fields        []string        `json:"fields"`
	Kind          string          `json:"kind"`
	Parameters    json.RawMessage `json:"parameters"`
	CommonName    string          `json:"common_name"` // of the certificate that a PKI engine is to issue; empty: the secret is read
}

const longestVaultAnswer = 1 << 20

// redeem opens the wrapping token, which works once, reads the one secret that the token inside may read, and makes a credential of
// it.
func (s *session) redeem(ref *secretRef) (*credential, *flaw) {
	kind, f := kindOf(ref)
	if f != nil {
		return nil, f
	}
	vault, f := s.openVault(ref)
	if f != nil {
		return nil, f
	}
	defer vault.conn.Close()
	values, f := vault.redeem(ref)
	if f != nil {
		return nil, f
	}
	return kind.make(ref.Parameters, values)
}

// redeem gives the texts in the fields of the one secret that the wrapped token may read.
func (v *vaultLine) redeem(ref *secretRef) ([]string, *flaw) {
	token, f := v.unwrap(ref.WrappingToken)
	if f != nil {
		return nil, f
	}
	if ref.CommonName != "" {
		return v.issue(token, ref.Path, ref.CommonName)
	}
	return v.read(token, ref.Path, ref.Fields)
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

// openVault connects by TLS that ends here, or not at all: what comes back passes through the gateway, which must not read it.
func (s *session) openVault(ref *secretRef) (*vaultLine, *flaw) {
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
func (ref *secretRef) trusted() (*x509.CertPool, *flaw) {
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

// read gives the texts in the fields of the secret, in their order.
func (v *vaultLine) read(token, path string, names []string) ([]string, *flaw) {
	var answer struct {
		Data map[string]any `json:"data"`
	}
	if f := v.call(http.MethodGet, path, token, nil, &answer); f != nil {
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
	target := "/v1/" + strings.TrimPrefix(path, "/")
	if !isVisible(target+token) || strings.ContainsAny(target, "#?") {
		return invalid("the secret's path or token cannot be written in a request")
	}
	if _, err := io.WriteString(v.conn, v.request(method, target, token, body)); err != nil {
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

func (v *vaultLine) request(method, target, token string, body []byte) string {
	namespace := ""
	if v.namespace != "" {
		namespace = "X-Vault-Namespace: " + v.namespace + "\r\n"
	}
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Vault-Token: %s\r\n%sX-Vault-Request: true\r\nContent-Length: %d\r\n\r\n%s",
		method, target, v.host, token, namespace, len(body), body)
}

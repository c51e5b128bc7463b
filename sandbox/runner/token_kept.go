package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// keptToken is what a job that obtains a token has of Vault: the client's secret, and the place where the token is kept, which is
// written only upon the version that was read.
type keptToken struct {
	session *session
	secrets *vaultSecrets
	line    *vaultLine
	token   string // of Vault
	path    string
	asked   string // the URL of the endpoint
	secret  string // the path of the client's secret

	client  map[string]any
	kept    map[string]any // nil: nothing was kept yet
	version int64
	spent   string // the refresh token that the request carries
	seed    string // which of the operator's refresh tokens it descends from
	refused bool   // the endpoint has certainly not taken the refresh token
	said    string // the error that the endpoint has answered
	unread  bool   // the endpoint has answered with success, and what it gave cannot be read
	// why there is no secret of the client, where what is kept is removed all the same
	clientless *flaw
	overtaken  bool // another version was written since the one that was read
	person     bool // it is a person's connection
	hidden     []string
	halved     []string // those of them of which no half must be told either
}

// The fields of what is kept, beside access_token and refresh_token.
const (
	fieldSeed     = "seed"
	fieldSpending = "spending" // the refresh token was sent, or is about to be
	fieldBy       = "by"       // who wrote it
)

// openKept redeems the job's token, and reads both places.
func (a *attempt) openKept() (*keptToken, *flaw) {
	defer a.watch.start("secret")()
	line, f := a.openVault(a.Secret)
	if f != nil {
		return nil, f
	}
	k := &keptToken{session: a.session, secrets: a.Secret, line: line, path: a.Token.KeptAt, secret: a.Token.SecretPath}
	k.asked, _, _ = strings.Cut(a.URL, "?")
	k.person = a.Token.Connect != nil
	if f := k.load(a.Secret.WrappingToken, a.Token); f != nil {
		k.close()
		return nil, f
	}
	return k, nil
}

func (k *keptToken) load(wrapping string, order *tokenOrder) (f *flaw) {
	if k.token, f = k.line.unwrap(wrapping); f != nil {
		return f
	}
	if k.client, f = k.readClient(order); f != nil {
		if !order.removes() {
			return f
		}
		k.clientless = f
	}
	return k.read()
}

// readClient reads the client's secret. A client that has none, whose name the order says, has nothing in Vault.
func (k *keptToken) readClient(order *tokenOrder) (map[string]any, *flaw) {
	if k.person && order.Auth == "none" {
		return nil, nil
	}
	return k.line.read(k.token, order.SecretPath)
}

// endpoint names what is asked. A query may have what is not for all to read.
func (k *keptToken) endpoint() string { return strings.TrimSpace("the token endpoint " + k.asked) }

func (k *keptToken) close() { _ = k.line.conn.Close() }

// read takes what is kept, and its version: 0 where nothing ever was.
func (k *keptToken) read() *flaw {
	status, content, f := k.line.ask(http.MethodGet, k.path, k.token, nil)
	if f != nil {
		return f
	}
	var answer struct {
		Data struct {
			Data     map[string]any `json:"data"`
			Metadata struct {
				Version int64 `json:"version"`
			} `json:"metadata"`
		} `json:"data"`
	}
	parsed := json.Unmarshal(content, &answer)
	if status != http.StatusNotFound && (status != http.StatusOK || parsed != nil || answer.Data.Metadata.Version == 0) {
		return unsent(faultSecretUnavailable, fmt.Sprintf("Vault answered %d at %s; tokens are kept in a key-value engine of version 2", status, k.path))
	}
	k.kept, k.version = answer.Data.Data, answer.Data.Metadata.Version
	for _, name := range []string{"access_token", "refresh_token"} {
		k.hide(textOf(k.kept[name]))
	}
	return nil
}

// field is a text of the client's secret.
func (k *keptToken) field(name string) (string, *flaw) {
	text := withoutLineEnds(textOf(k.client[name]))
	if text == "" {
		return "", unsent(faultSecretUnavailable, fmt.Sprintf("%s has no text in its field %s", k.secret, name))
	}
	if len(text) > mostSecret {
		return "", tooLong(k.secret, name, text)
	}
	return text, nil
}

// clientID is the client's name, from the order or the secret.
func (k *keptToken) clientID(order *tokenOrder) (string, *flaw) {
	if order.ClientID != "" {
		return order.ClientID, nil
	}
	return k.field(order.Fields.ClientID)
}

// hide keeps a secret out of what is told, and its halves.
func (k *keptToken) hide(text string) {
	if text != "" {
		k.hideWhole(text)
		k.halved = append(k.halved, text)
	}
}

// hideWhole is for what is not secret alone: its halves may be in any text.
func (k *keptToken) hideWhole(text string) { k.hidden = append(k.hidden, echoes(text)...) }

func (k *keptToken) redactor() *redactor { return newRedactor(k.hidden, k.halved) }

// toSpend is the refresh token to use now: the operator's, where it is one that was not used yet, else the last that came.
func (k *keptToken) toSpend(order *tokenOrder) (string, *flaw) {
	stored := withoutLineEnds(textOf(k.client[order.Fields.RefreshToken]))
	k.seed = textOf(k.kept[fieldSeed])
	if len(stored) > mostSecret {
		return "", tooLong(k.secret, order.Fields.RefreshToken, stored)
	}
	if stored != "" && k.seed != seedOf(stored) {
		k.spent, k.seed = stored, seedOf(stored)
		k.kept = nil // of another connection
	} else if textOf(k.kept[fieldSpending]) != "" {
		return "", unsent(faultConnectAgain, "a refresh token was sent, and what came for it was not kept; "+k.connectAgain())
	} else {
		k.spent = textOf(k.kept["refresh_token"])
	}
	if k.spent == "" {
		return "", unsent(faultConnectAgain, "there is no refresh token; "+k.connectAgain())
	}
	k.hide(k.spent)
	return k.spent, nil
}

// seedOf names a refresh token without telling it.
func seedOf(token string) string {
	sum := sha256.Sum256([]byte("callgate refresh token\n" + token))
	return hex.EncodeToString(sum[:16])
}

// spend writes down that the refresh token is about to be sent.
func (k *keptToken) spend() *flaw {
	f := k.write(k.with(map[string]any{fieldSpending: nonce()}))
	if f != nil {
		f.evidence = notSent
	}
	return f
}

// unspend takes that back: the endpoint has said that it did not take it.
func (k *keptToken) unspend() *flaw { return k.write(k.with(map[string]any{"refresh_token": k.spent})) }

// keep writes what came.
func (k *keptToken) keep(g *granted) *flaw {
	fields := map[string]any{}
	if g.unusable == "" {
		fields["access_token"] = g.access
	}
	if g.odd && k.spent != "" {
		fields[fieldSpending] = nonce()
	}
	if k.spent != "" || g.refresh != "" {
		fields["refresh_token"] = firstText(g.refresh, k.spent)
	}
	if k.person {
		maps.Copy(fields, timesOf(g))
	}
	return k.write(k.with(fields))
}

// with is what is kept, with these fields in place of its own: what is not said stays, but for the spending.
func (k *keptToken) with(fields map[string]any) map[string]any {
	next := map[string]any{}
	maps.Copy(next, k.kept)
	delete(next, fieldSpending)
	if k.seed != "" {
		next[fieldSeed] = k.seed
	}
	maps.Copy(next, fields)
	next[fieldBy] = nonce()
	return next
}

// Between two tries to write: Vault may be away for a moment, and what was given must not be lost.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = time.Second
)

// write keeps the fields, upon the version that was read. It goes on trying for as long as the job has time.
func (k *keptToken) write(fields map[string]any) *flaw {
	body, _ := json.Marshal(map[string]any{"data": fields, "options": map[string]any{"cas": k.version}})
	for pause, tries := firstPause, 0; ; pause, tries = min(2*pause, longestPause), tries+1 {
		status, content, f := k.tryWrite(body)
		if f == nil && status == http.StatusOK {
			k.kept, k.version = fields, versionIn(content)
			return nil
		}
		if f == nil && status == http.StatusBadRequest && tries > 0 && k.wrote(fields) {
			return nil
		}
		if f == nil && status < 500 && status != http.StatusTooManyRequests {
			k.overtaken = status == http.StatusBadRequest
			return tokenFault(faultTokenUnavailable, fmt.Sprintf("Vault answered %d to writing %s", status, k.path))
		}
		select {
		case <-k.session.ctx.Done():
			return tokenFault(faultTokenUnavailable, "Vault was away, so the token was not kept")
		case <-time.After(pause):
		}
	}
}

// tryWrite writes once, over a new connection where the last one has gone.
func (k *keptToken) tryWrite(body []byte) (int, []byte, *flaw) {
	status, content, f := k.line.ask(http.MethodPost, k.path, k.token, body)
	if f == nil {
		return status, content, nil
	}
	k.reopen()
	return 0, nil, f
}

// reopen connects to Vault anew, if that is there.
func (k *keptToken) reopen() {
	k.close()
	if line, f := k.session.openVault(k.secrets); f == nil {
		k.line = line
	}
}

// wrote tells whether an earlier try has written the fields, whose answer was lost.
func (k *keptToken) wrote(fields map[string]any) bool {
	return k.read() == nil && textOf(k.kept[fieldBy]) == textOf(fields[fieldBy])
}

func versionIn(content []byte) int64 {
	var answer struct {
		Data struct {
			Version int64 `json:"version"`
		} `json:"data"`
	}
	_ = json.NewDecoder(bytes.NewReader(content)).Decode(&answer)
	return answer.Data.Version
}

func nonce() string {
	var bytes [8]byte
	_, _ = rand.Read(bytes[:])
	return hex.EncodeToString(bytes[:])
}

func firstText(texts ...string) string {
	for _, one := range texts {
		if one != "" {
			return one
		}
	}
	return ""
}

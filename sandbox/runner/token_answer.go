package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	longestTokenAnswer = 256 << 10
	longestToken       = 64 << 10
	longestReason      = 300
	longestLife        = 24 * 3600 // seconds that a token is believed to live
	unknownLife        = -1
)

// granted is what an endpoint gave. `unusable` says why no call can show its token: what else it gave is kept all the same.
type granted struct {
	access    string
	refresh   string // empty: none came, and the one before stays
	expiresIn int64  // seconds for which a token is believed to live, or unknownLife
	goodFor   int64  // the same, as long as the endpoint says it
	refreshIn int64  // the same of the refresh token, which some endpoints say
	unusable  string
	over      string // its expires_in, where by that the token has ended before it came
	odd       bool   // a refresh token came that no request can carry: the one before is spent, and nothing is in its place
}

func encodeBasic(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// exchangeToken sends the request, and reads what comes for it. It follows no redirect: the client's secret is for one place.
func (a *attempt) exchangeToken(conn net.Conn, request net.Buffers, vault *keptToken) (*granted, *flaw) {
	content, answer, f := a.readEndpoint(conn, request, vault)
	if f != nil {
		return nil, f
	}
	return readGranted(answer, content, vault)
}

// readEndpoint sends the request, and reads all of its answer.
func (a *attempt) readEndpoint(conn net.Conn, request net.Buffers, vault *keptToken) ([]byte, *http.Response, *flaw) {
	defer a.watch.start("exchange")()
	got := a.await(conn, &step{method: http.MethodPost}, request)
	if got.err != nil {
		return nil, nil, tokenFault(faultTokenUnavailable, vault.endpoint()+" gave no HTTP answer in time, or none that can be read")
	}
	defer got.answer.Body.Close()
	a.later = laterOf(got.answer.Header)
	plain := undress(got.answer.Header)
	got.bound.N = longestTokenAnswer + chunk
	content, err := io.ReadAll(io.LimitReader(plain.of(got.answer.Body, longestTokenAnswer), longestTokenAnswer+1))
	if err != nil || plain.opaque != "" {
		return nil, nil, tokenFault(faultTokenUnavailable, vault.endpoint()+" gave an answer that ended early, or is coded in a way that cannot be read")
	}
	if len(content) > longestTokenAnswer {
		return nil, nil, tokenFault(faultTokenUnavailable, fmt.Sprintf("%s gave an answer that is larger than %d bytes", vault.endpoint(), longestTokenAnswer))
	}
	return content, got.answer, nil
}

func readGranted(answer *http.Response, content []byte, vault *keptToken) (*granted, *flaw) {
	var said map[string]any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	isObject := decoder.Decode(&said) == nil && said != nil
	if code, _ := said["error"].(string); code != "" && !carriesToken(answer.StatusCode, said) {
		return nil, vault.refusal(answer.StatusCode, code, said)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, vault.unclear(answer, "")
	}
	if !isObject {
		return nil, vault.unclear(answer, " and no JSON object")
	}
	return grantedOf(said, vault)
}

// carriesToken tells whether a success has a token, whatever it says of an error beside it: what was given must not be lost.
func carriesToken(status int, said map[string]any) bool {
	return status == http.StatusOK && (textOf(said["access_token"]) != "" || textOf(said["refresh_token"]) != "")
}

func grantedOf(said map[string]any, vault *keptToken) (*granted, *flaw) {
	g := &granted{
		expiresIn: lifeOf(said["expires_in"]),
		goodFor:   longerLifeOf(said["expires_in"]),
		refreshIn: longerLifeOf(said["refresh_token_expires_in"]),
	}
	if g.refreshIn == unknownLife {
		g.refreshIn = longerLifeOf(said["refresh_expires_in"]) // Keycloak's
	}
	if g.expiresIn == 0 {
		g.over = vault.told(fmt.Sprint(said["expires_in"]))
	}
	access, _ := said["access_token"].(string)
	refresh, _ := said["refresh_token"].(string)
	g.access, g.refresh = withoutLineEnds(access), withoutLineEnds(refresh)
	if given, came := said["refresh_token"]; came && given != nil && given != "" && !isTokenText(g.refresh) {
		g.refresh, g.odd = "", true
	}
	vault.hide(g.access)
	vault.hide(g.refresh)
	kind, named := said["token_type"].(string)
	switch {
	case g.access == "":
		g.unusable = vault.endpoint() + " answered without an access_token"
	case !isTokenText(g.access):
		g.unusable = vault.endpoint() + " gave an access token that has characters that no request can carry, or that is too long"
	case named && !strings.EqualFold(kind, "bearer"):
		g.unusable = vault.endpoint() + " gave an access token of the type " + vault.told(kind) + ", which is no bearer token"
	}
	if g.unusable != "" && g.refresh == "" {
		return nil, tokenFault(faultTokenRefused, g.unusable)
	}
	return g, nil
}

// isTokenText tells whether a text can be a token (RFC 6749, A.12), and stand in a request's head.
func isTokenText(text string) bool {
	return text != "" && len(text) <= longestToken && !strings.ContainsFunc(text, func(char rune) bool { return char < ' ' || char > '~' })
}

// lifeOf reads expires_in: a number, which some endpoints write as a text. What is missing, or none, is unknown.
func lifeOf(said any) int64 { return boundedLife(said, longestLife) }

// longerLifeOf is for what is kept for months: a refresh token, or an access token that nothing renews.
func longerLifeOf(said any) int64 { return boundedLife(said, 10*366*24*3600) }

func boundedLife(said any, most float64) int64 {
	text := ""
	switch said := said.(type) {
	case json.Number:
		text = said.String()
	case string:
		text = strings.TrimSpace(said)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil && seconds == 0 || seconds != seconds {
		return unknownLife
	}
	return int64(max(0, min(seconds, most)))
}

// refusal is an endpoint's own no (RFC 6749, 5.2), with any status: some answer 200 with an error, of which it is not certain that the
// refresh token was not taken.
func (k *keptToken) refusal(status int, code string, said map[string]any) *flaw {
	k.said = code
	message := fmt.Sprintf("%s answered %d with the error %s", k.endpoint(), status, k.told(code))
	if why, ok := said["error_description"].(string); ok && why != "" {
		message += ": " + k.told(why)
	}
	switch {
	case code == "invalid_grant" && k.spent != "":
		return tokenFault(faultConnectAgain, message+"; "+k.connectAgain())
	case status >= 500 && status != http.StatusServiceUnavailable:
		return tokenFault(faultTokenUnavailable, message)
	}
	k.refused = status >= http.StatusBadRequest
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable || saysLater[code]:
		return tokenFault(faultTokenUnavailable, message)
	case k.person && k.spent != "" && !ofClient[code]:
		return tokenFault(faultConnectAgain, message+"; "+k.connectAgain())
	}
	return tokenFault(faultTokenRefused, message)
}

var (
	saysLater = map[string]bool{"temporarily_unavailable": true, "slow_down": true, "server_error": true}
	// ofClient are the errors that only an operator can mend. Of a person's refresh token, all others say that it is no longer good, by
	// words of their own (bad_refresh_token, expired_token).
	ofClient = map[string]bool{
		"invalid_client": true, "unauthorized_client": true, "unsupported_grant_type": true, "invalid_request": true, "invalid_scope": true,
	}
)

// unclear is an answer that is neither a token nor an endpoint's no. A page may be a proxy's, which has passed the request on before.
func (k *keptToken) unclear(answer *http.Response, and string) *flaw {
	status := answer.StatusCode
	k.unread = status == http.StatusOK
	message := fmt.Sprintf("%s answered %d", k.endpoint(), status)
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); err == nil {
		message += " with " + k.told(kind)
	}
	message += and
	if status >= 300 && status < 400 {
		message = fmt.Sprintf("%s redirects (%d), which is not followed", k.endpoint(), status)
	}
	k.refused = status == http.StatusTooManyRequests || status >= 300 && status < 400
	if status >= 300 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return tokenFault(faultTokenRefused, message)
	}
	return tokenFault(faultTokenUnavailable, message)
}

// quotes tells whether one of the texts has a secret in it.
func (k *keptToken) quotes(texts ...string) bool {
	hidden := k.redactor()
	return slices.ContainsFunc(texts, func(text string) bool { return hidden.whole(text) != text })
}

// told is a stranger's text for people: without a secret, short, and on one line.
func (k *keptToken) told(text string) string {
	text = k.redactor().whole(text[:min(len(text), longestTokenAnswer)])
	text = strings.Map(func(char rune) rune {
		if char < ' ' || char == 0x7f || char == '\ufffd' {
			return ' '
		}
		return char
	}, text)
	if cut := []rune(text); len(cut) > longestReason {
		return string(cut[:longestReason]) + "…"
	}
	return text
}

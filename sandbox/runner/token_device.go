package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	longestDeviceWord = 2048
	deviceLife        = 15 * 60 // seconds, where the endpoint does not say it, which it must (RFC 8628, 3.2)
	longestDeviceLife = 3600
	deviceInterval    = 5
	longestInterval   = 60
)

// deviceCodes is what a device authorization endpoint gives (RFC 8628, 3.2).
type deviceCodes struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	Old        string `json:"verification_url"` // of drafts, which some endpoints still follow
	Complete   string `json:"verification_uri_complete"`
	ExpiresIn  any    `json:"expires_in"`
	Interval   any    `json:"interval"`
}

// beginDevice has the endpoint give codes. The person gets the one; the other is kept beside the connection, and the gateway never sees it.
func (a *attempt) beginDevice(vault *keptToken) *flaw {
	form := url.Values{}
	for _, pair := range a.Token.Form {
		form.Set(pair[0], pair[1])
	}
	content, answer, f := a.postForm(vault, form)
	if f != nil {
		return f
	}
	codes, f := readCodes(answer, content, vault)
	if f != nil {
		return f
	}
	life := boundedSeconds(codes.ExpiresIn, deviceLife, longestDeviceLife)
	flow := nonce()
	fields := map[string]any{
		fieldDeviceCode: codes.DeviceCode, fieldDeviceFlow: flow, fieldDeviceUntil: fmt.Sprint(time.Now().Unix() + life),
	}
	if f := vault.write(vault.beside(fields)); f != nil {
		return f
	}
	a.tellJSON(map[string]any{
		"flow": flow, "user_code": codes.UserCode, "verification_uri": codes.URI, "verification_uri_complete": codes.Complete,
		"expires_in": life, "interval": boundedSeconds(codes.Interval, deviceInterval, longestInterval),
	})
	return nil
}

func readCodes(answer *http.Response, content []byte, vault *keptToken) (*deviceCodes, *flaw) {
	var said map[string]any
	if json.Unmarshal(content, &said) == nil {
		if code, ok := said["error"].(string); ok {
			return nil, vault.refusal(answer.StatusCode, code, said)
		}
	}
	codes, decoder := &deviceCodes{}, json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if answer.StatusCode != http.StatusOK || decoder.Decode(codes) != nil {
		return nil, vault.unclear(answer, " and no codes for a device")
	}
	codes.URI = firstText(codes.URI, codes.Old)
	if codes.Complete != "" && !isWebPage(codes.Complete) {
		codes.Complete = ""
	}
	vault.hide(codes.DeviceCode)
	if !isTokenText(codes.DeviceCode) || !isTokenText(codes.UserCode) || len(codes.UserCode) > 128 || !isWebPage(codes.URI) {
		return nil, tokenFault(faultTokenRefused, "the endpoint's answer has no device_code, no user_code, or no https verification_uri")
	}
	if vault.quotes(codes.UserCode, codes.URI, codes.Complete) {
		return nil, tokenFault(faultTokenRefused, "the endpoint's answer quotes a secret among what the person is told")
	}
	return codes, nil
}

// isWebPage tells whether a person may be led there.
func isWebPage(text string) bool {
	return len(text) <= longestDeviceWord && strings.HasPrefix(text, "https://") && isVisible(text)
}

func boundedSeconds(said any, unknown, most int64) int64 {
	if seconds := lifeOf(said); seconds > 0 {
		return min(seconds, most)
	}
	return unknown
}

// pollDevice asks once whether the person has consented.
func (a *attempt) pollDevice(vault *keptToken) *flaw {
	code, flow := textOf(vault.kept[fieldDeviceCode]), textOf(vault.kept[fieldDeviceFlow])
	switch {
	case flow != "" && flow == a.Token.Connect.Flow && code == "": // the answer of the poll that has redeemed it was lost
		if f := a.ask(); f != nil {
			return f
		}
		a.tellJSON(vault.standing(vault.lifeLeft()))
		return nil
	case code == "" || flow != a.Token.Connect.Flow:
		return unsent(faultTokenRefused, "this is not the connection that was begun last; "+connectAgainByPerson)
	case secondsOf(vault.kept[fieldDeviceUntil]) < time.Now().Unix():
		return unsent(faultTokenRefused, "the codes have expired before the person consented; "+connectAgainByPerson)
	}
	vault.hide(code)
	f := a.redeemCode(vault, url.Values{"grant_type": {deviceGrant}, "device_code": {code}})
	if f != nil && (vault.said == "authorization_pending" || vault.said == "slow_down") {
		a.tellJSON(map[string]any{"pending": true, "slow_down": vault.said == "slow_down"})
		return nil
	}
	if f != nil && vault.unread { // no later poll could: the code that this one may have redeemed is good for one use
		return tokenFault(faultTokenRefused, f.message+"; if you have consented, what came for it cannot be read")
	}
	return f
}

// beside is what is kept, with these fields beside it.
func (k *keptToken) beside(fields map[string]any) map[string]any {
	next := map[string]any{fieldBy: nonce()}
	for _, one := range []map[string]any{k.kept, fields} {
		for name, value := range one {
			if name != fieldBy {
				next[name] = value
			}
		}
	}
	return next
}

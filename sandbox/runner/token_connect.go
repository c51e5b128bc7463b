package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// connectOrder says what a job does about what a person has consented to. Its token is kept for that person, and for no other: Vault lets
// the job's token read and write no other person's.
type connectOrder struct {
	Step       string `json:"step"`
	Refused    bool   `json:"refused"` // renew: the API has refused the token that is kept
	Code       string `json:"code"`
	Verifier   string `json:"verifier"`
	Redirect   string `json:"redirect"`
	Flow       string `json:"flow"`       // which device flow, of those that were begun
	Revocation bool   `json:"revocation"` // the job's URL takes tokens back
	KeptIn     string `json:"kept_in"`    // the path of all that was ever kept
}

// The steps of a connection.
const (
	stepRenew       = "renew"
	stepCode        = "code"
	stepDeviceBegin = "device_begin"
	stepDevicePoll  = "device_poll"
	stepDisconnect  = "disconnect"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// The fields of a connection, beside those of every token that is kept.
const (
	fieldSince       = "since"      // seconds after 1970 began: when the person consented
	fieldGoodUntil   = "good_until" // until when the access token is good, where that is known
	fieldEnds        = "ends"       // until when the refresh token is good, where that is known
	fieldDeviceCode  = "device_code"
	fieldDeviceFlow  = "device_flow"
	fieldDeviceUntil = "device_until"
)

// toConnect is what a person does who is not connected.
const toConnect = "connect first"

func (a *attempt) connect(vault *keptToken) *flaw {
	switch a.Token.Connect.Step {
	case stepRenew:
		return a.renew(vault)
	case stepCode:
		vault.hide(a.Token.Connect.Code)
		vault.hide(a.Token.Connect.Verifier)
		return a.redeemCode(vault, url.Values{
			"grant_type": {"authorization_code"}, "code": {a.Token.Connect.Code},
			"code_verifier": {a.Token.Connect.Verifier}, "redirect_uri": {a.Token.Connect.Redirect},
		})
	case stepDeviceBegin:
		return a.beginDevice(vault)
	case stepDevicePoll:
		return a.pollDevice(vault)
	case stepDisconnect:
		return a.disconnect(vault)
	}
	return invalid("the job's step of a connection is not known")
}

// renew gets a connection a token that is good. Without a refresh token, what is kept is all that there is.
func (a *attempt) renew(vault *keptToken) *flaw {
	access, refresh := textOf(vault.kept["access_token"]), textOf(vault.kept["refresh_token"])
	if refresh != "" {
		return a.obtainBy(vault)
	}
	life := vault.lifeLeft()
	switch {
	case access == "":
		return unsent(faultConnectAgain, "there is no connection; "+toConnect)
	case a.Token.Connect.Refused:
		return unsent(faultConnectAgain, "the API refuses the token, and there is none to renew it by; "+connectAgainByPerson)
	case life == 0:
		return unsent(faultConnectAgain, "the token has expired, and there is none to renew it by; "+connectAgainByPerson)
	}
	if f := a.ask(); f != nil {
		return f
	}
	a.tellJSON(vault.standing(life))
	return nil
}

// connectAgainByPerson is what a person must do whose consent has ended.
const connectAgainByPerson = "connect again"

// redeemCode has the endpoint give tokens for what the person has consented to, and keeps them in the place of all that was kept.
func (a *attempt) redeemCode(vault *keptToken, form url.Values) *flaw {
	for _, pair := range a.Token.Form {
		form.Set(pair[0], pair[1])
	}
	granted, f := a.askEndpoint(vault, form)
	if f != nil {
		return f
	}
	if granted.unusable != "" {
		return tokenFault(faultTokenRefused, granted.unusable)
	}
	if granted.over != "" && granted.refresh == "" {
		why := " gave a token that has ended (expires_in is " + granted.over + "), and no refresh token to renew it by"
		return tokenFault(faultTokenRefused, vault.endpoint()+why)
	}
	fresh := map[string]any{fieldSince: fmt.Sprint(time.Now().Unix())}
	if a.Token.Connect.Flow != "" {
		fresh[fieldDeviceFlow] = a.Token.Connect.Flow
	}
	vault.kept, vault.seed = fresh, ""
	if f := vault.keep(granted); f != nil {
		if !vault.overtaken || vault.read() != nil {
			return f
		}
		// Another box has written meanwhile, because Redis had forgotten this one. What a person has given just now is newer than all that.
		vault.kept = fresh
		if f := vault.keep(granted); f != nil {
			return f
		}
	}
	a.tellJSON(vault.standing(granted.expiresIn))
	return nil
}

// askEndpoint sends a form to the job's URL, once, and reads the tokens that come.
func (a *attempt) askEndpoint(vault *keptToken, form url.Values) (*granted, *flaw) {
	content, answer, f := a.postForm(vault, form)
	if f != nil {
		return nil, f
	}
	return readGranted(answer, content, vault)
}

func (a *attempt) postForm(vault *keptToken, form url.Values) ([]byte, *http.Response, *flaw) {
	request, f := a.formRequest(vault, form)
	if f != nil {
		return nil, nil, f
	}
	conn, f := a.connectEndpoint(vault)
	if f != nil {
		return nil, nil, f
	}
	defer conn.Close()
	if f := a.ask(); f != nil {
		return nil, nil, f
	}
	return a.readEndpoint(conn, request, vault)
}

// standing is what the gateway learns of a connection.
func (k *keptToken) standing(life int64) map[string]any {
	return map[string]any{
		"expires_in": life,
		"since":      secondsOf(k.kept[fieldSince]),
		"ends":       secondsOf(k.kept[fieldEnds]),
		"expires":    secondsOf(k.kept[fieldGoodUntil]),
		"renews":     textOf(k.kept["refresh_token"]) != "",
	}
}

// lifeLeft is for how many seconds the access token is good; unknownLife where no endpoint has said it.
func (k *keptToken) lifeLeft() int64 {
	until := secondsOf(k.kept[fieldGoodUntil])
	if until == 0 {
		return unknownLife
	}
	return min(max(0, until-time.Now().Unix()), longestLife)
}

func secondsOf(kept any) int64 {
	var seconds int64
	_, _ = fmt.Sscan(textOf(kept), &seconds)
	return seconds
}

// timesOf are until when what came is good, as fields of what is kept.
func timesOf(g *granted) map[string]any {
	now, fields := time.Now().Unix(), map[string]any{fieldGoodUntil: ""}
	if g.refresh != "" { // else the one before stays, and so does its end
		fields[fieldEnds] = ""
	}
	if g.goodFor > 0 {
		fields[fieldGoodUntil] = fmt.Sprint(now + g.goodFor)
	}
	if g.refreshIn > 0 {
		fields[fieldEnds] = fmt.Sprint(now + g.refreshIn)
	}
	return fields
}

// removes tells whether what is kept is to go, for which nothing of the client is needed.
func (t *tokenOrder) removes() bool { return t.Connect != nil && t.Connect.Step == stepDisconnect }

// disconnect has the endpoint take the tokens back, where it can, and removes all that was ever kept, whatever the endpoint says.
func (a *attempt) disconnect(vault *keptToken) *flaw {
	token := firstText(textOf(vault.kept["refresh_token"]), textOf(vault.kept["access_token"]))
	told := map[string]any{"removed": token != "", "revoked": false, "reason": ""}
	var refused *flaw
	if a.Token.Connect.Revocation && token != "" {
		refused = a.revoke(vault, token)
		told["revoked"] = refused == nil
	} else if f := a.ask(); f != nil {
		return f
	}
	if refused != nil {
		if refused.fault == faultPermissionRefused {
			return refused
		}
		told["reason"] = refused.message
	}
	if f := vault.remove(a.Token.Connect.KeptIn); f != nil {
		return f
	}
	a.tellJSON(told)
	return nil
}

// revoke asks the endpoint to take a token back, and all that came of the same consent (RFC 7009, 2.1).
func (a *attempt) revoke(vault *keptToken, token string) *flaw {
	if vault.clientless != nil {
		return firstFlaw(a.ask(), func() *flaw { return vault.clientless })
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	if textOf(vault.kept["refresh_token"]) != "" {
		form.Set("token_type_hint", "refresh_token")
	}
	content, answer, f := a.postForm(vault, form)
	if f != nil {
		return f
	}
	return vault.readRevoked(answer, content)
}

// readRevoked is nil where the endpoint has taken the token back. Some endpoints say no with 200.
func (k *keptToken) readRevoked(answer *http.Response, content []byte) *flaw {
	var said map[string]any
	if json.Unmarshal(content, &said) == nil {
		if code, _ := said["error"].(string); code != "" {
			return k.refusal(answer.StatusCode, code, said)
		}
	}
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return k.unclear(answer, "")
}

// remove takes away every version of what is kept. Like write, it goes on trying for as long as the job has time: the endpoint may have
// taken back what is still here.
func (k *keptToken) remove(place string) *flaw {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		status, _, f := k.line.ask(http.MethodDelete, place, k.token, nil)
		if f == nil && (status == http.StatusNoContent || status == http.StatusNotFound) {
			return nil
		}
		if f == nil && status < 500 && status != http.StatusTooManyRequests {
			return tokenFault(faultTokenUnavailable, fmt.Sprintf("Vault answered %d to removing %s", status, strings.TrimPrefix(place, "/")))
		}
		select {
		case <-k.session.ctx.Done():
			return tokenFault(faultTokenUnavailable, "Vault was away, and did not remove "+strings.TrimPrefix(place, "/"))
		case <-time.After(pause):
		}
		if f != nil {
			k.reopen()
		}
	}
}

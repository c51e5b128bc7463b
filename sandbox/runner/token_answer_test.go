package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answerOf is what an endpoint has answered, read.
func answerOf(status int, body string, vault *keptToken) (*granted, *flaw) {
	answer := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}
	return readGranted(answer, []byte(body), vault)
}

func TestARenewalThatIsRefusedByAnyWordOfTheTokenMeansToConnectAgain(t *testing.T) {
	for body, fault := range map[string]string{
		`{"error": "invalid_grant"}`:           faultConnectAgain,
		`{"error": "bad_refresh_token"}`:       faultConnectAgain,
		`{"error": "expired_token"}`:           faultConnectAgain,
		`{"error": "invalid_client"}`:          faultTokenRefused,
		`{"error": "invalid_scope"}`:           faultTokenRefused,
		`{"error": "temporarily_unavailable"}`: faultTokenUnavailable,
	} {
		for _, status := range []int{200, 400} {
			if _, f := answerOf(status, body, &keptToken{person: true, spent: "r"}); f == nil || f.fault != fault {
				t.Errorf("%d %s: %v", status, body, f)
			}
		}
	}
	if _, f := answerOf(400, `{"error": "bad_refresh_token"}`, &keptToken{spent: "r"}); f.fault != faultTokenRefused {
		t.Errorf("of an operator's refresh token: %v", f)
	}
	if _, f := answerOf(400, `{"error": "expired_token"}`, &keptToken{person: true}); f.fault != faultTokenRefused {
		t.Errorf("of a device's code: %v", f)
	}
}

func TestARefreshTokenThatNoRequestCanCarryIsNoneThatCame(t *testing.T) {
	for body, odd := range map[string]bool{
		`{"access_token": "a", "refresh_token": 12345}`: true,
		`{"access_token": "a", "refresh_token": "ü"}`:   true,
		`{"access_token": "a", "refresh_token": {}}`:    true,
		`{"access_token": "a", "refresh_token": null}`:  false,
		`{"access_token": "a", "refresh_token": ""}`:    false,
		`{"access_token": "a", "refresh_token": "r"}`:   false,
		`{"access_token": "a"}`:                         false,
	} {
		given, f := answerOf(200, body, &keptToken{spent: "spent"})
		if f != nil || given.access != "a" || given.odd != odd {
			t.Errorf("%s: %v %v", body, given, f)
		}
	}
}

func TestAnAccessTokenIsKeptForAsLongAsItsEndpointSays(t *testing.T) {
	given, f := answerOf(200, `{"access_token": "a", "expires_in": 5184000}`, &keptToken{person: true})
	if f != nil {
		t.Fatal(f.message)
	}
	if given.expiresIn != longestLife {
		t.Errorf("the gateway is told %d s, and believes no more than a day", given.expiresIn)
	}
	if until := secondsOf(timesOf(given)[fieldGoodUntil]); until < time.Now().Unix()+59*24*3600 {
		t.Errorf("it is kept as good until %d", until)
	}
}

func TestAnEndpointThatSaysNoWithASuccessHasTakenNothingBack(t *testing.T) {
	for body, revoked := range map[string]bool{
		``: true, `{}`: true, `<html>`: true, `{"ok": true}`: true, `{"error": ""}`: true, `{"ok": false, "error": "token_revoked"}`: false,
	} {
		answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
		if f := (&keptToken{person: true}).readRevoked(answer, []byte(body)); (f == nil) != revoked {
			t.Errorf("%s: %v", body, f)
		}
	}
}

func TestWhenARefreshTokenEndsIsForgottenWithItAlone(t *testing.T) {
	for body, ends := range map[string]string{
		`{"access_token": "a"}`:                                                      "kept",
		`{"access_token": "a", "refresh_token": "r"}`:                                "unknown",
		`{"access_token": "a", "refresh_token_expires_in": 60}`:                      "told",
		`{"access_token": "a", "refresh_token": "r", "refresh_token_expires_in": 9}`: "told",
		`{"access_token": "a", "refresh_token": "r", "refresh_expires_in": "1800"}`:  "told",
		`{"access_token": "a", "refresh_token": "r", "refresh_expires_in": 0}`:       "unknown",
	} {
		given, f := answerOf(200, body, &keptToken{person: true, spent: "before"})
		if f != nil {
			t.Fatal(f.message)
		}
		text, said := timesOf(given)[fieldEnds]
		found := map[bool]string{false: "kept", true: "unknown"}[said]
		if secondsOf(text) > time.Now().Unix() {
			found = "told"
		}
		if found != ends {
			t.Errorf("%s: %s, not %s", body, found, ends)
		}
	}
}

func TestWhatAnEndpointQuotesOfASecretIsNotTold(t *testing.T) {
	const secret = "word-of-the-client"
	_, f := answerOf(200, `{"access_token": "the-new-token", "token_type": "the-new-token"}`, &keptToken{})
	if f == nil || strings.Contains(f.message, "the-new-token") {
		t.Errorf("a token as its own type: %v", f)
	}
	const codes = `{"device_code": "d", "user_code": "%s", "verification_uri": "https://a.example/%s"}`
	for _, said := range [][2]any{{"ABCD", secret}, {secret, ""}, {"ABCD", "?code=the-device-code"}} {
		vault := &keptToken{}
		vault.hide(secret)
		vault.hide("the-device-code")
		answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}}
		if found, f := readCodes(answer, fmt.Appendf(nil, codes, said[0], said[1]), vault); f == nil || strings.Contains(f.message, secret) {
			t.Errorf("%v: %v %v", said, found, f)
		}
		if _, f := readCodes(answer, fmt.Appendf(nil, codes, "ABCD", "device"), vault); f != nil {
			t.Errorf("%v", f)
		}
	}
}

func TestNoHalfOfASecretIsToldOfWhatAnEndpointSays(t *testing.T) {
	vault := &keptToken{}
	vault.hide(whole)
	for _, body := range []string{
		`{"error": "invalid_client", "error_description": "half %s and half %s"}`,
		`{"error": "%s", "error_description": "%s"}`,
		`{"access_token": "a", "token_type": "%s %s"}`,
	} {
		_, f := answerOf(http.StatusOK, fmt.Sprintf(body, whole[:14], whole[13:]), vault)
		if f == nil || strings.Contains(f.message, whole[:14]) || strings.Contains(f.message, whole[13:]) || !strings.Contains(f.message, redacted) {
			t.Errorf("%s: %v", body, f)
		}
	}
	answer := &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{"Content-Type": {"text/" + strings.ToLower(whole)}}}
	lower := &keptToken{}
	lower.hide(strings.ToLower(whole))
	answer.Header.Set("Content-Type", "text/"+strings.ToLower(whole[:14]))
	if f := lower.unclear(answer, ""); strings.Contains(f.message, strings.ToLower(whole[:14])) {
		t.Errorf("a media type: %v", f)
	}
	codes := fmt.Sprintf(`{"device_code": "d", "user_code": "ABCD", "verification_uri": "https://a.example/?a=%s&b=1"}`, whole[13:])
	if _, f := readCodes(&http.Response{StatusCode: http.StatusOK, Header: http.Header{}}, []byte(codes), vault); f == nil {
		t.Error("a page to which a person would be led has half of a secret")
	}
}

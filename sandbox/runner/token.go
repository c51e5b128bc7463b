package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"time"
)

// tokenOrder says which token a job obtains, where the client's secret lies, and where the token is kept: both in Vault. The job's URL
// is the token endpoint.
type tokenOrder struct {
	Grant      string      `json:"grant"`
	Auth       string      `json:"auth"`
	ClientID   string      `json:"client_id"` // empty: it is in the secret
	Fields     tokenFields `json:"fields"`
	Form       [][2]string `json:"form"`
	Reusable   bool        `json:"reusable"` // the endpoint takes one refresh token again and again
	Claims     assertion   `json:"claims"`   // that are signed
	KeyID      string      `json:"key_id"`
	SecretPath string      `json:"secret_path"`
	KeptAt     string      `json:"kept_at"`
	// What is done about what a person has consented to; nil: no person is asked for this token.
	Connect *connectOrder `json:"connect"`
}

// tokenFields are the names of the secret's fields.
type tokenFields struct {
	ClientID     string `json:"client_id"`
	PrivateKey   string `json:"private_key"`
	SubjectToken string `json:"subject_token"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

const (
	refreshToken  = "refresh_token"
	jwtBearer     = "jwt_bearer"
	tokenExchange = "token_exchange"
)

// endpointPatience is for how long the endpoint may take to answer: the rest of the job's time is for keeping what it gave.
const endpointPatience = 20 * time.Second

// connectAgain is what a person must do where a refresh token was spent, and what came for it is lost.
func (k *keptToken) connectAgain() string {
	if k.person {
		return connectAgainByPerson
	}
	return "connect again: store a new refresh token"
}

// obtain has the endpoint give a token, and keeps it in Vault. The gateway learns for how long it is good, and nothing else of it.
//
// A refresh token may be good for one use. So before it is sent, the box writes down beside it that it is being spent; a later box
// that finds this must not send it again, whatever became of the first one, of the gateway, or of Redis.
func (a *attempt) obtain() *flaw {
	vault, f := a.openKept()
	if f != nil {
		return f
	}
	defer vault.close()
	if a.Token.Connect != nil {
		return a.connect(vault)
	}
	return a.obtainBy(vault)
}

// obtainBy has the endpoint give a token by the order's grant.
func (a *attempt) obtainBy(vault *keptToken) *flaw {
	request, f := a.tokenRequest(vault)
	if f != nil {
		return f
	}
	conn, f := a.connectEndpoint(vault)
	if f != nil {
		return f
	}
	defer conn.Close()
	if f := a.ask(); f != nil {
		return f
	}
	if f := a.beginSpending(vault); f != nil {
		return f
	}
	if f := a.stillPermitted(vault); f != nil {
		return f
	}
	a.giveTime(conn)
	granted, f := a.exchangeToken(conn, request, vault)
	if f == nil {
		granted.odd = granted.odd && !a.Token.Reusable
		f = vault.keep(granted)
	}
	if f != nil {
		return a.afterSpending(vault, f)
	}
	if granted.unusable != "" {
		return tokenFault(faultTokenRefused, granted.unusable)
	}
	if a.Token.Connect != nil {
		a.tellJSON(vault.standing(granted.expiresIn))
	} else {
		a.tellJSON(map[string]any{"expires_in": granted.expiresIn})
	}
	return nil
}

// tellJSON gives the gateway all that it learns: how many seconds the token is good for, or how a connection stands.
func (a *attempt) tellJSON(said map[string]any) {
	told, _ := json.Marshal(said)
	a.tell(a.gateway.sendJSON(head, answerHead{Status: http.StatusOK, Headers: [][2]string{}}))
	a.forward(told)
}

func (a *attempt) renews() bool { return a.Token.Grant == refreshToken }

func (a *attempt) beginSpending(vault *keptToken) *flaw {
	if !a.renews() || a.Token.Reusable {
		return nil
	}
	return vault.spend()
}

// stillPermitted looks at the time again: Vault may have been away while the box wrote down what it is about to send. What is not sent is
// not spent.
func (a *attempt) stillPermitted(vault *keptToken) *flaw {
	f := a.ask()
	if f == nil || !a.renews() || a.Token.Reusable {
		return f
	}
	if vault.unspend() != nil {
		return unsent(faultConnectAgain, "Vault was away, so it is not known whether the refresh token was sent; "+vault.connectAgain())
	}
	return unsent(faultTokenUnavailable, "Vault was away for so long that the token endpoint was not asked")
}

// afterSpending is what a failure means once the request was sent. Only an endpoint that has said no has certainly not taken the
// refresh token.
func (a *attempt) afterSpending(vault *keptToken, f *flaw) *flaw {
	if !a.renews() || a.Token.Reusable || vault.refused && vault.unspend() == nil || f.fault == faultConnectAgain {
		return f
	}
	return tokenFault(faultConnectAgain, f.message+"; the refresh token may be spent, so "+vault.connectAgain())
}

// connectEndpoint connects, and gives the endpoint its time to answer.
func (a *attempt) connectEndpoint(vault *keptToken) (net.Conn, *flaw) {
	conn, f := a.connectUpstream(a.first())
	if f != nil {
		if f.fault == faultUpstreamUnreachable || f.fault == faultTimedOut {
			f = unsent(faultTokenUnavailable, vault.endpoint()+" cannot be reached: "+vault.redactor().whole(f.message))
		}
		if f.fault == faultEgressDenied {
			f.message = vault.endpoint() + " may not be asked: " + f.message
		}
		return nil, f
	}
	a.giveTime(conn)
	return conn, nil
}

// giveTime has the endpoint answer within its time from now on.
func (a *attempt) giveTime(conn net.Conn) {
	patient := time.Now().Add(endpointPatience)
	if end, _ := a.ctx.Deadline(); end.Before(patient) {
		patient = end
	}
	_ = conn.SetDeadline(patient)
}

// tokenRequest is what the endpoint is sent: a form, and the client's own proof (RFC 6749, 2.3.1).
func (a *attempt) tokenRequest(vault *keptToken) (net.Buffers, *flaw) {
	form := url.Values{"grant_type": {a.Token.Grant}}
	if f := a.showGrant(vault, form); f != nil {
		return nil, f
	}
	for _, pair := range a.Token.Form {
		form.Set(pair[0], pair[1])
	}
	return a.formRequest(vault, form)
}

// formRequest is a form, with the client's own proof.
func (a *attempt) formRequest(vault *keptToken, form url.Values) (net.Buffers, *flaw) {
	out := &outgoing{method: http.MethodPost, host: a.origin.header, target: a.target, headers: [][2]string{
		{"Accept", "application/json"}, {"Accept-Encoding", "identity"}, {"Content-Type", "application/x-www-form-urlencoded"},
	}}
	if f := a.showClient(vault, form, out); f != nil {
		return nil, f
	}
	out.body = []byte(form.Encode())
	return out.write(true, 0), nil
}

// showGrant puts what the grant is made of into the form: nothing, for the client's own credentials.
func (a *attempt) showGrant(vault *keptToken, form url.Values) *flaw {
	switch a.Token.Grant {
	case refreshToken:
		spent, f := vault.toSpend(a.Token)
		form.Set("refresh_token", spent)
		return f
	case jwtBearer:
		signed, f := vault.sign(a.Token)
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		form.Set("assertion", signed)
		return f
	case tokenExchange:
		subject, f := vault.field(a.Token.Fields.SubjectToken)
		vault.hide(subject)
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
		form.Set("subject_token", subject)
		form.Set("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")
		return f
	}
	return nil
}

func (a *attempt) showClient(vault *keptToken, form url.Values, out *outgoing) *flaw {
	id, f := vault.clientID(a.Token)
	if f != nil && (a.Token.Auth != "none" || a.Token.Grant != jwtBearer) {
		return f
	}
	if a.Token.Auth == "none" {
		if id != "" {
			form.Set("client_id", id)
		}
		return nil
	}
	secret, f := vault.field(a.Token.Fields.ClientSecret)
	if f != nil {
		return f
	}
	vault.hide(secret)
	if a.Token.Auth == "post" {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
		return nil
	}
	login := encodeBasic(url.QueryEscape(id) + ":" + url.QueryEscape(secret))
	vault.hideWhole(login) // of which the client's name may be half
	out.setHeader("Authorization", "Basic "+login)
	return nil
}

// tokenFault is a failure after the request was sent.
func tokenFault(fault, message string) *flaw { return &flaw{fault, sent, message} }
